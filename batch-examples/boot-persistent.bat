@echo off
REM The persistent policy is applied before any other and stays whatever happens to the local one. Should it ever be the
REM only one, the administrators must still get in: SSH and ping from their network, nothing else from anybody.
REM Usage: boot-persistent.bat [ADMIN-NETWORK ADMIN-MASK]
set ADMINS=%1
set ADMINMASK=%2
if "%ADMINS%"=="" set ADMINS=198.51.100.0
if "%ADMINMASK%"=="" set ADMINMASK=255.255.255.0

if "%TEMP%"=="" set TEMP=.
set SCRIPT=%TEMP%\boot-persistent-%RANDOM%.txt

REM The store is chosen for one run of netsh, so all of it is one script. Where this is new, the deletions fail, and that is
REM fine.
(
echo pushd ipsec static
echo set store location=persistent
echo delete policy name="Rescue"
echo delete filterlist name="Rescue administrators"
echo delete filterlist name="Rescue everything"
echo delete filteraction name="Rescue permit"
echo delete filteraction name="Rescue block"
) >"%SCRIPT%"
netsh -f "%SCRIPT%" >nul

(
echo pushd ipsec static
echo set store location=persistent
echo add policy name="Rescue" description="management gets in, whatever else happens" activatedefaultrule=no
echo add filteraction name="Rescue permit" action=permit
echo add filteraction name="Rescue block" action=block
echo add filter filterlist="Rescue administrators" srcaddr=%ADMINS% srcmask=%ADMINMASK% dstaddr=me protocol=tcp dstport=22
echo add filter filterlist="Rescue administrators" srcaddr=%ADMINS% srcmask=%ADMINMASK% dstaddr=me protocol=icmp
echo add filter filterlist="Rescue everything" srcaddr=any dstaddr=me
echo add rule name="Administrators" policy="Rescue" filterlist="Rescue administrators" filteraction="Rescue permit"
echo add rule name="Everybody" policy="Rescue" filterlist="Rescue everything" filteraction="Rescue block"
echo set policy name="Rescue" assign=y
) >"%SCRIPT%"
netsh -f "%SCRIPT%"
set RESULT=%ERRORLEVEL%
del "%SCRIPT%"
exit /b %RESULT%
