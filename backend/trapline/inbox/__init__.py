"""The inbox: traps that no rule took, by trap OID and sender, and a rule to start from. Pure; `operate` and the command
line read `snmp-traps-unmatched` and ask here.
"""
