"""Airflow in a home: its folder, its server, and runs within this process."""
