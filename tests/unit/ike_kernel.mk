# What stands between IKE and the kernel.
UNIT += ike_channel
FOLDERS_ike_channel := ike_channel ike_engine base
UNIT += lower_ike_test
FOLDERS_lower_ike_test := compile model ike_engine ike_codec base
UNIT += xfrm_sa_test
FOLDERS_xfrm_sa_test := kernel diff compile model ike_engine base
LIBS_xfrm_sa_test := -lmnl
UNIT += broker_test
FOLDERS_broker_test := broker compile model ike_engine ike_codec base
UNIT += sas_test
FOLDERS_sas_test := sas broker kernel diff compile model ike_channel ike_engine ike_codec base
LIBS_sas_test := -lmnl
UNIT += ike_kernel_link
FOLDERS_ike_kernel_link := daemon sas broker kernel diff compile model ike_channel ike_engine ike_codec base
LIBS_ike_kernel_link := -lmnl
