@echo off
rem & echo after rem
rem text & not run
rem one^
echo caret in a later word continues nothing
REM ) | > < " '
::comment & echo no
: text
(
  rem inside ) a block
  :: comment in block
  :label in block
  echo block
)
rem.
