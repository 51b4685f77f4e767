"""All tests; a folder per folder of app/, journeys/ for the real browser, bed/ for what they run against."""
