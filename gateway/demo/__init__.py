"""The demonstration: a gateway, an ERP that receives, and callbacks such as M-Pesa sends, all on this machine."""
