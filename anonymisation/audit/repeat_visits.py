"""What counts that are told in steps, taken together, prove about a few: rows whose surplus is one to k - 1.

The surplus of a row is its sessions less its users: visits by those who came again. Each row tells an interval of its
sessions. Where a union of cells is divided, its cells and its parts hold the same sessions, so their intervals narrow
each other; a week's total does likewise. A row is told of few if every table that has all the figures has at least one
visit more than users in it, and at most k - 1.

Each cell is in one union by region and in one by age, and each part in one union alone: with the signs of one of the
two turned, every column of the equations holds one +1 and one -1 at most. It is a network (a flow from hours through
cells to lengths, the total its return), so the least and the most of a row over the reals are whole numbers, and the
linear programmes are exact: nothing is told to an integer attacker that is not told to them. Rows that tell how often
people came divide the unions that hours do, and are in no other equation: together they bound the union's sum.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from anonymisation.audit.atoms import Interval
from anonymisation.audit.bounds import BoundedColumns
from anonymisation.audit.count_step import CountStep

DAY_MINUTES = 24 * 60
#: Sessions: stands for no bound at all.
MANY = 10**15

MinutesOfPart = tuple[int, tuple[int, int | None]]


@dataclass(frozen=True, slots=True)
class ToldRow:
    """One published row: `floor` is its users, who came once at least; `sessions` are what it leaves open."""

    name: str
    floor: int
    sessions: Interval


@dataclass(frozen=True, slots=True)
class SameSessions:
    """Rows (their numbers) that hold the same sessions: those of one side together, and those of the other."""

    one: tuple[int, ...]
    other: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ToldUnion:
    """A union of cells (their numbers) that a side mart divides, and what it tells of its parts."""

    name: str
    cells: tuple[int, ...]
    parts: tuple[ToldRow, ...]


def told_row(name: str, users: int, sessions: int, step: CountStep, minutes: MinutesOfPart | None = None) -> ToldRow:
    """What a row of so many sessions leaves open once it is told in steps above its users.

    `minutes`: of a part of lengths, its published minutes, with the shortest and longest whole minutes of a session.
    """
    if not users:
        return ToldRow(name, 0, (0, 0))  # no row is published of nobody
    least, most = step.interval(step.told(sessions, users))
    if minutes is not None:
        fewest, allowed = allowed_by_minutes(minutes[0], *minutes[1])
        least, most = max(least, fewest), min(most, allowed)
    return ToldRow(name, users, (least, most))


def row_of_visits(name: str, users: int, visits: tuple[int, int | None]) -> ToldRow:
    """What a row leaves open of its sessions that tells none of them, but how often each of its users came."""
    fewest, most = visits
    return ToldRow(name, users, (fewest * users, MANY if most is None else most * users))


def allowed_by_minutes(minutes: int, shortest: int, longest: int | None) -> Interval:
    """How many sessions of `shortest` to `longest` whole minutes, both ends included, last so many minutes together.

    `minutes` are rounded half up once. None: open, to the day that is the longest a session can be.
    """
    if longest is None or longest >= DAY_MINUTES:
        fewest = -(-(2 * minutes - 1) // (2 * DAY_MINUTES))  # a session may last the whole day
    else:
        fewest = (2 * minutes - 1) // (2 * (longest + 1)) + 1  # each is shorter than the minute after
    most = minutes // shortest if shortest else MANY
    return max(0, fewest), most


def total_tells_of_few(
    cells: Sequence[ToldRow], unions: Sequence[ToldUnion], sets: Sequence[tuple[int, ...]], total: Interval, few: int
) -> bool:
    """Whether the sessions of the whole week, told beside the rest, tell of few who came again.

    Of the week itself, of a cell or part, of a union as the sum of its cells, or of what the week holds outside one of
    the `sets` of cells (their numbers) or outside one cell.

    Raises:
        PublicationRefused: see told_of_few.
    """
    rows, equations, _ = _system(cells, unions)
    everything = tuple(range(len(cells)))
    rows.append(ToldRow("week", sum(cell.floor for cell in cells), total))
    equations.append(SameSessions(everything, (len(rows) - 1,)))
    if told_of_few(rows, equations, few):
        return True
    columns = _columns(rows, equations, range(len(rows)))
    all_floors, all_least = sum(cell.floor for cell in cells), sum(cell.sessions[0] for cell in cells)
    for inside in dict.fromkeys([*((number,) for number in everything), *(tuple(sorted(one)) for one in sets)]):
        floor = all_floors - sum(rows[number].floor for number in inside)
        at_least = total[0] - sum(rows[number].sessions[1] for number in inside)
        least = all_least - sum(rows[number].sessions[0] for number in inside)
        if len(inside) < len(cells) and max(at_least, least) < floor + few:
            target = dict.fromkeys((number for number in everything if number not in inside), 1)
            bound = columns.of(target, target)
            if floor < bound.low and bound.high < floor + few:
                return True
    return False


def told_of_few(rows: Sequence[ToldRow], equations: Sequence[SameSessions], few: int) -> list[int]:
    """The numbers of the rows that are told of one to `few - 1` visits beyond the floor, in order.

    Raises:
        PublicationRefused: no table has all these figures: they contradict one another.
    """
    found = {
        number for number, row in enumerate(rows) if row.sessions[0] > row.floor and row.sessions[1] - row.floor < few
    }  # by the row alone
    involved = sorted({number for equation in equations for number in (*equation.one, *equation.other)})
    column_of = {number: column for column, number in enumerate(involved)}
    columns = _columns(rows, equations, involved)
    # A row of which a table with nobody coming again was seen is settled; one table settles many.
    waiting = {
        number for number in involved if number not in found and rows[number].sessions[0] - rows[number].floor < few
    }
    while waiting:
        table = columns.at_minimum({column_of[number]: 1 for number in waiting})
        settled = {number for number in waiting if table[column_of[number]] < rows[number].floor + 0.5}
        waiting -= settled
        if not settled:
            break
    for number in sorted(waiting):
        target = {column_of[number]: 1}
        bound = columns.of(target, target)
        if bound.low > rows[number].floor and bound.high - rows[number].floor < few:
            found.add(number)
    return sorted(found)


def unions_that_tell(cells: Sequence[ToldRow], unions: Sequence[ToldUnion], few: int) -> list[tuple[str, list[str]]]:
    """Rows that are told of few who came again, each with the names of the unions that tell it; and unions, as sums of
    cells. Each is mended by not dividing those unions.

    A part and a union are told by their own union. A cell is told by that of its hours or of its lengths: the first
    without which it is not told, or by both. One that no divided union holds has its own figure alone, and its step.

    Raises:
        PublicationRefused: see told_of_few.
    """
    rows, equations, union_of = _system(cells, unions)
    still: dict[str, list[int]] = {}
    found = []
    for number in told_of_few(rows, equations, few):
        at_fault = union_of[number]
        if len(at_fault) > 1:
            for name in at_fault:
                if name not in still:
                    place = 2 * next(place for place, one in enumerate(unions) if one.name == name)
                    still[name] = told_of_few(rows, [*equations[:place], *equations[place + 1 :]], few)
            at_fault = [name for name in at_fault if number not in still[name]][:1] or at_fault
        found.append((rows[number].name, at_fault))
    return found


def _system(
    cells: Sequence[ToldRow], unions: Sequence[ToldUnion]
) -> tuple[list[ToldRow], list[SameSessions], dict[int, list[str]]]:
    """Cells, then of each union its parts and its sum; two equations a union, of its parts and of its sum; and by the
    number of each row the names of the unions that hold it."""
    rows = list(cells)
    union_of: dict[int, list[str]] = {number: [] for number in range(len(rows))}
    for union in unions:
        for cell in union.cells:
            union_of[cell].append(union.name)
    equations = []
    for union in unions:
        first = len(rows)
        inside = [rows[cell] for cell in union.cells]
        least, most = (sum(row.sessions[end] for row in inside) for end in (0, 1))
        rows += [*union.parts, ToldRow(union.name, sum(row.floor for row in inside), (least, most))]
        union_of |= {number: [union.name] for number in range(first, len(rows))}
        equations.append(SameSessions(union.cells, tuple(range(first, len(rows) - 1))))
        equations.append(SameSessions(union.cells, (len(rows) - 1,)))
    return rows, equations, union_of


def _columns(rows: Sequence[ToldRow], equations: Sequence[SameSessions], involved: Sequence[int]) -> BoundedColumns:
    """A column a row that is involved, in their order."""
    column_of = {number: column for column, number in enumerate(involved)}
    return BoundedColumns(
        [
            *({column: 1} for column in range(len(involved))),
            *(
                {**{column_of[n]: 1 for n in equation.one}, **{column_of[n]: -1 for n in equation.other}}
                for equation in equations
            ),
        ],
        [*(rows[number].sessions for number in involved), *((0, 0) for _ in equations)],
        len(involved),
    )
