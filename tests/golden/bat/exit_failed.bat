@netsh fine
@netsh FAIL
