"""The app's screens: gather a scenario, call the engine, draw what it says."""
