(class_declaration name: (identifier) @name) @definition.class
(interface_declaration name: (identifier) @name) @definition.interface
(enum_declaration name: (identifier) @name) @definition.enum
(record_declaration name: (identifier) @name) @definition.class
(annotation_type_declaration name: (identifier) @name) @definition.interface
(method_declaration name: (identifier) @name) @definition.method
(constructor_declaration name: (identifier) @name) @definition.constructor
(compact_constructor_declaration name: (identifier) @name) @definition.constructor
(annotation_type_element_declaration name: (identifier) @name) @definition.method
(field_declaration declarator: (variable_declarator name: (identifier) @name)) @definition.field
(constant_declaration declarator: (variable_declarator name: (identifier) @name)) @definition.constant
(enum_constant name: (identifier) @name) @definition.constant
(record_declaration parameters: (formal_parameters (formal_parameter name: (identifier) @name) @definition.field))

(method_invocation name: (identifier) @name) @reference.call
(method_invocation object: (identifier) @name (#match? @name "^[A-Z]")) @reference.type
(method_reference (identifier) @name .) @reference.call
(object_creation_expression type: (type_identifier) @name) @reference.class
(object_creation_expression type: (generic_type (type_identifier) @name)) @reference.class
(superclass (type_identifier) @name) @reference.class
(superclass (generic_type (type_identifier) @name)) @reference.class
(type_list (type_identifier) @name) @reference.implementation
(type_list (generic_type (type_identifier) @name)) @reference.implementation
(marker_annotation name: (identifier) @name) @reference.type
(annotation name: (identifier) @name) @reference.type
(formal_parameter type: (type_identifier) @name) @reference.type
(formal_parameter type: (generic_type (type_identifier) @name)) @reference.type
(method_declaration type: (type_identifier) @name) @reference.type
(method_declaration type: (generic_type (type_identifier) @name)) @reference.type
(field_declaration type: (type_identifier) @name) @reference.type
(field_declaration type: (generic_type (type_identifier) @name)) @reference.type
(local_variable_declaration type: (type_identifier) @name) @reference.type
(local_variable_declaration type: (generic_type (type_identifier) @name)) @reference.type
(type_arguments (type_identifier) @name) @reference.type
(cast_expression type: (type_identifier) @name) @reference.type
(instanceof_expression right: (type_identifier) @name) @reference.type
(class_literal (type_identifier) @name) @reference.type
(catch_type (type_identifier) @name) @reference.type
(throws (type_identifier) @name) @reference.type

(import_declaration [(scoped_identifier) (identifier)] @import)
