"""MIBs of our own: one of SMIv1 in parts, one of SMIv2 that imports from another."""

HEAD = """ACME-MIB DEFINITIONS ::= BEGIN
IMPORTS OBJECT-TYPE FROM RFC-1212 TRAP-TYPE FROM RFC-1215 DisplayString FROM RFC1213-MIB enterprises FROM RFC1155-SMI;
"""
OBJECTS = """acme OBJECT IDENTIFIER ::= { enterprises 99999 }
acmeName OBJECT-TYPE
    SYNTAX DisplayString
    ACCESS read-only
    STATUS mandatory
    DESCRIPTION "Its name."
    ::= { acme 1 }
acmeState OBJECT-TYPE
    SYNTAX INTEGER { up(1), down(2) }
    ACCESS read-only
    STATUS mandatory
    DESCRIPTION "Its state, which is up, or down, }"
    ::= { acme 2 }
"""
TRAP = """acmeChanged TRAP-TYPE
    ENTERPRISE acme
    VARIABLES { acmeName, acmeState }
    DESCRIPTION "It changed."
    ::= 7
"""
V2 = """ACME-V2-MIB DEFINITIONS ::= BEGIN
IMPORTS
    MODULE-IDENTITY, OBJECT-TYPE, NOTIFICATION-TYPE, enterprises, Integer32 FROM SNMPv2-SMI
    TEXTUAL-CONVENTION, DateAndTime FROM SNMPv2-TC
    AcmeLevel, acmeRoot FROM ACME-TC-MIB
    ifIndex FROM IF-MIB;
acmeMIB MODULE-IDENTITY
    LAST-UPDATED "202601010000Z" ORGANIZATION "Acme" CONTACT-INFO "Acme" DESCRIPTION "Acme." ::= { acmeRoot 1 }
AcmeTenths ::= TEXTUAL-CONVENTION DISPLAY-HINT "d-1" STATUS current DESCRIPTION "Tenths." SYNTAX Integer32 (0..1000)
acmeTable OBJECT-TYPE
    SYNTAX SEQUENCE OF AcmeEntry MAX-ACCESS not-accessible STATUS current DESCRIPTION "Rows." ::= { acmeMIB 1 }
acmeEntry OBJECT-TYPE
    SYNTAX AcmeEntry MAX-ACCESS not-accessible STATUS current DESCRIPTION "A row." INDEX { ifIndex } ::= { acmeTable 1 }
AcmeEntry ::= SEQUENCE { acmeLevel AcmeLevel, acmeTemperature AcmeTenths, acmeFlags BITS, acmeAt DateAndTime }
acmeLevel OBJECT-TYPE
    SYNTAX AcmeLevel MAX-ACCESS read-only STATUS current DESCRIPTION "How bad." ::= { acmeEntry 1 }
acmeTemperature OBJECT-TYPE
    SYNTAX AcmeTenths MAX-ACCESS read-only STATUS current DESCRIPTION "How warm." ::= { acmeEntry 2 }
acmeFlags OBJECT-TYPE
    SYNTAX BITS { fan(0), door(9) } MAX-ACCESS read-only STATUS current DESCRIPTION "What." ::= { acmeEntry 3 }
acmeAt OBJECT-TYPE
    SYNTAX DateAndTime MAX-ACCESS read-only STATUS current DESCRIPTION "When." ::= { acmeEntry 4 }
acmeTooWarm NOTIFICATION-TYPE
    OBJECTS { acmeLevel, acmeTemperature } STATUS current DESCRIPTION "It is too warm." ::= { acmeMIB 0 1 }
END
"""
TC = """ACME-TC-MIB DEFINITIONS ::= BEGIN
IMPORTS TEXTUAL-CONVENTION FROM SNMPv2-TC enterprises FROM SNMPv2-SMI;
acmeRoot OBJECT IDENTIFIER ::= { enterprises 99998 }
AcmeLevel ::= TEXTUAL-CONVENTION STATUS current DESCRIPTION "Level." SYNTAX INTEGER { fine(1), bad(2) }
END
"""
