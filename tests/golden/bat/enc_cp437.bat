@echo off
echo ÉÍÍÍÍ»
echo º Gr”áe º
netsh add policy "Gr”áe ‚lŠve"
