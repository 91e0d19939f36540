(class_declaration "interface" name: (identifier) @name) @definition.interface
(class_declaration (modifiers (class_modifier "enum")) name: (identifier) @name) @definition.enum
(class_declaration name: (identifier) @name) @definition.class
(object_declaration name: (identifier) @name) @definition.class
(companion_object name: (identifier) @name) @definition.class
(type_alias type: (identifier) @name) @definition.type
(function_declaration (user_type (identifier) @owner) "." name: (identifier) @name) @definition.method
(function_declaration name: (identifier) @name) @definition.function
(enum_entry (identifier) @name) @definition.constant
(source_file (property_declaration (variable_declaration (identifier) @name)) @definition.constant)
(class_body (property_declaration (variable_declaration (identifier) @name)) @definition.field)
(class_parameter ["val" "var"] (identifier) @name) @definition.field

(call_expression . (identifier) @name) @reference.call
(call_expression . (navigation_expression (identifier) @name .)) @reference.call
(constructor_invocation (user_type (identifier) @name)) @reference.class
(delegation_specifier (user_type (identifier) @name)) @reference.class
(user_type (identifier) @name) @reference.type

(import (qualified_identifier) @import)
