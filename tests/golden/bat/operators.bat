@echo off
echo a & echo b&echo c
netsh FAIL && echo wrong
netsh fine && echo right
netsh FAIL || echo recovered
netsh fine || echo wrong
netsh FAIL && echo wrong || echo else branch
(echo in & echo block) && echo after block
netsh fine & netsh LEVEL7
echo %errorlevel%
echo x | find "x" > nul && echo found
echo x | find "y" > nul || echo not found
echo level %errorlevel%
echo b^&c^|d^>e^<f^^g
echo "a & b | c > d ^ e"
set x=1 | set x=2
echo [%x%]
(netsh print z
netsh print a
netsh print m) | sort | find /v "m"
@echo quiet
,;= echo leading separators
 	 echo blanks
) this line is ignored
