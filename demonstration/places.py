"""Where the invented people are: weights that follow the provinces' populations, with a tail abroad."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Place:
    """A region as a city database and as Google Analytics write it, and its share of the people.

    `country` and `subdivision` are the database's codes (null: it does not know); `registered` is the country
    in which the network is registered, which must not count.
    """

    weight: float
    country: str | None
    subdivision: str | None
    city: str | None
    ga4_country: str
    ga4_region: str
    registered: str | None = None
    second_subdivision: str | None = None


#: The weights of the Dutch provinces are roughly their inhabitants in ten thousands.
PLACES = (
    Place(381, "NL", "ZH", "Rotterdam", "Netherlands", "South Holland"),
    Place(297, "NL", "NH", "Amsterdam", "Netherlands", "North Holland"),
    Place(265, "NL", "NB", "Eindhoven", "Netherlands", "North Brabant"),
    Place(216, "NL", "GE", "Arnhem", "Netherlands", "Gelderland"),
    Place(140, "NL", "UT", "Utrecht", "Netherlands", "Utrecht"),
    Place(119, "NL", "OV", "Zwolle", "Netherlands", "Overijssel"),
    Place(113, "NL", "LI", "Maastricht", "Netherlands", "Limburg"),
    Place(66, "NL", "FR", "Leeuwarden", "Netherlands", "Friesland"),
    Place(60, "NL", "GR", "Groningen", "Netherlands", "Groningen", registered="US"),
    Place(50, "NL", "DR", "Assen", "Netherlands", "Drenthe"),
    Place(45, "NL", "FL", "Almere", "Netherlands", "Flevoland"),
    Place(39, "NL", "ZE", "Middelburg", "Netherlands", "Zeeland"),
    Place(60, "NL", None, None, "Netherlands", "(not set)"),
    Place(8, "NL", "X9", None, "Netherlands", "Randstad"),  # a subdivision that ISO does not list
    Place(60, "BE", "VLG", "Antwerpen", "Belgium", "Flanders", second_subdivision="VAN"),
    Place(22, "BE", "WAL", "Liège", "Belgium", "Wallonia", second_subdivision="WLG"),
    Place(24, "BE", "BRU", "Brussels", "Belgium", "Brussels"),
    Place(36, "DE", "NW", "Köln", "Germany", "North Rhine-Westphalia"),
    Place(14, "DE", "NI", "Emden", "Germany", "Lower Saxony"),
    Place(8, "DE", "BE", "Berlin", "Germany", "Berlin"),
    Place(6, "DE", "BY", "München", "Germany", "Bavaria"),
    Place(5, "DE", None, None, "Germany", ""),
    Place(26, "SR", "PM", "Paramaribo", "Suriname", "Paramaribo"),
    Place(6, "SR", "WA", "Lelydorp", "Suriname", "Wanica"),
    Place(1.2, "SR", "NI", "Nieuw Nickerie", "Suriname", "Nickerie"),
    Place(18, "TR", "34", "İstanbul", "Türkiye", "Istanbul"),
    Place(9, "TR", "06", "Ankara", "Türkiye", "Ankara"),
    Place(3, "TR", "42", "Konya", "Turkey", "Konya"),
    Place(6, "MA", "07", "Marrakech", "Morocco", "Marrakesh-Safi"),
    Place(5, "CW", None, "Willemstad", "Curaçao", "(not set)"),
    Place(2.5, "AW", None, "Oranjestad", "Aruba", "(not set)"),
    Place(6, "FR", "IDF", "Paris", "France", "Île-de-France"),
    Place(5, "GB", "ENG", "London", "United Kingdom", "England"),
    Place(4, "ES", "AN", "Málaga", "Spain", "Andalusia"),
    Place(4, "PL", "14", "Warszawa", "Poland", "Mazovia"),
    Place(3, "ID", "JK", "Jakarta", "Indonesia", "Jakarta"),
    Place(3, "US", "NY", "New York", "United States", "New York"),
    Place(2, "US", "CA", "San Jose", "United States", "California"),
    Place(1, "CA", "ON", "Toronto", "Canada", "Ontario"),
    Place(1, "AU", "NSW", "Sydney", "Australia", "New South Wales"),
    Place(0.6, "ZA", "WC", "Cape Town", "South Africa", "Western Cape"),
    Place(0.4, "JP", "13", "Tokyo", "Japan", "Tokyo"),
    Place(0.3, "BR", "SP", "São Paulo", "Brazil", "State of São Paulo"),
    Place(2, "XK", None, "Prishtina", "Kosovo", "(not set)"),  # a country that ISO does not list
    Place(3, None, None, None, "(not set)", "(not set)", registered="NL"),  # the network's registration alone
)

#: Addresses of these two are in no network of the database.
UNKNOWN_WEIGHT = 20.0


def draw_places(random: np.random.Generator, size: int) -> np.ndarray:
    """Indices into `PLACES`; `len(PLACES)` stands for an address that the database does not know."""
    weights = np.array([place.weight for place in PLACES] + [UNKNOWN_WEIGHT])
    return random.choice(len(weights), size=size, p=weights / weights.sum())
