{{ frozen_cube() }}
