"""OPC UA (IEC 62541): sessions with SignAndEncrypt over the driver asyncua (LGPL-3.0+, the extra `opcua`)."""
