@echo off
net start PolicyAgent
net stop PolicyAgent >nul
sc config PolicyAgent start= auto
Netsh.exe ipsec static show all
"%WinDir%\system32\netsh.exe" ipsec x
%windir%\system32\netsh.exe ipsec y
gpupdate /force
gpupdate /force
reg add HKLM\x /v y
echo %errorlevel%
powershell -c "x"
GPUPDATE
cmd /c netsh print from cmd
cmd /c "echo a & echo b"
cmd /c exit 3
echo %errorlevel%
