"""Claims against measurements: how often a signal was really there, by distance from the edge of the claim.

`measurements` reads what was measured, `reckoning` compares it with a snapshot, `report` shows and writes the outcome.
"""

from coverage_check.calibration.measurements import Measurements, read_measurements
from coverage_check.calibration.reckoning import Band, Calibration, LayerCalibration, calibrate
from coverage_check.calibration.report import curves_toml, plot_svg, plots_svg, table_text, to_dict

__all__ = [
    "Band",
    "Calibration",
    "LayerCalibration",
    "Measurements",
    "calibrate",
    "curves_toml",
    "plot_svg",
    "plots_svg",
    "read_measurements",
    "table_text",
    "to_dict",
]
