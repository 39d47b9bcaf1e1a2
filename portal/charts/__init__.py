"""Figures as Vega-Lite specifications that bring their data and fetch nothing."""
