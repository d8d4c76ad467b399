for %%xy in (a) do echo no
