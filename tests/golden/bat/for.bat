@echo off
for %%x in (any me 10.0.0.1,10.0.0.2;"two words") do netsh ipsec static add filter srcaddr=%%x
for %%p in (135 139 445) do (
  echo port %%p
  if %%p==139 netsh ipsec FAIL
)
echo level %errorlevel%
for /l %%i in (1,2,5) do echo %%i
for /l %%i in (3,-1,1) do (echo down %%i)
for /l %%i in (1,1,2) do for %%j in (a b) do echo %%i%%j
for %%f in (for.b?t if*.bat) do echo %%f %%~nf %%~xf %%~nxf
for %%F in ("C:\dir\name.ext") do echo %%~F %%~pF %%~dpnxF %%~nxF
for %%a in (x) do for %%n in (y) do echo %%~na %%~an %%n
for %%i in (a
 b
 c) do echo %%i
for %%i in () do echo never
for %%i in (stop here) do (
  echo %%i
  goto out
)
:out
echo out %%i
