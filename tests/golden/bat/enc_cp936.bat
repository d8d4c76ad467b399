@echo off
rem 本地安全策略 禁止连接端口 允许所有的地址 这是一个批处理文件
netsh add policy "禁止昢晐昞端口" x
echo 昢晐昞结束
set 名称=安全
netsh add policy %名称%
echo 昢
echo next
