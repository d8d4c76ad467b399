# What stands between IKE and the kernel.
UNIT += ike_channel
FOLDERS_ike_channel := ike_channel ike_engine base
