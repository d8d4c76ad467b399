@echo off
echo before
if 1==1 (
  echo never
