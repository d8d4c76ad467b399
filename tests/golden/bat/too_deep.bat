@call "%~f0"
