"""dlt sources of this project: the Bitrix24 portal, and a demo portal to try it on."""
