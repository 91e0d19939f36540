; What TypeScript adds; the rest is in ecmascript.scm.

(export_statement declaration: (class_declaration name: (type_identifier) @name)) @definition.class
(class_declaration name: (type_identifier) @name) @definition.class
(export_statement declaration: (abstract_class_declaration name: (type_identifier) @name)) @definition.class
(abstract_class_declaration name: (type_identifier) @name) @definition.class
(export_statement declaration: (interface_declaration name: (type_identifier) @name)) @definition.interface
(interface_declaration name: (type_identifier) @name) @definition.interface
(export_statement declaration: (type_alias_declaration name: (type_identifier) @name)) @definition.type
(type_alias_declaration name: (type_identifier) @name) @definition.type
(export_statement declaration: (enum_declaration name: (identifier) @name)) @definition.enum
(enum_declaration name: (identifier) @name) @definition.enum
(enum_body name: (property_identifier) @name @definition.constant)
(enum_body (enum_assignment name: (property_identifier) @name) @definition.constant)
(internal_module name: (identifier) @name) @definition.module
(module name: (identifier) @name) @definition.module
(module name: (string (string_fragment) @name)) @definition.module

(export_statement declaration: (function_signature name: (identifier) @name)) @definition.function
(function_signature name: (identifier) @name) @definition.function
(method_signature name: (property_identifier) @name) @definition.method
(abstract_method_signature name: (property_identifier) @name) @definition.method
(property_signature name: (property_identifier) @name) @definition.field
(public_field_definition name: [(property_identifier) (private_property_identifier)] @name
  value: [(arrow_function) (function_expression)]) @definition.method
(public_field_definition
  name: [(property_identifier) (private_property_identifier)] @name) @definition.field
(program (ambient_declaration
  (lexical_declaration (variable_declarator name: (identifier) @name))) @definition.constant)
(program (ambient_declaration
  (variable_declaration (variable_declarator name: (identifier) @name))) @definition.constant)

(type_annotation (type_identifier) @name) @reference.type
(type_annotation (generic_type name: (type_identifier) @name)) @reference.type
(type_annotation (array_type (type_identifier) @name)) @reference.type
(type_arguments (type_identifier) @name) @reference.type
(type_arguments (generic_type name: (type_identifier) @name)) @reference.type
(union_type (type_identifier) @name) @reference.type
(union_type (generic_type name: (type_identifier) @name)) @reference.type
(intersection_type (type_identifier) @name) @reference.type
(type_alias_declaration value: (type_identifier) @name) @reference.type
(type_alias_declaration value: (generic_type name: (type_identifier) @name)) @reference.type
(as_expression (type_identifier) @name) @reference.type
(as_expression (generic_type name: (type_identifier) @name)) @reference.type
(extends_clause value: (identifier) @name) @reference.class
(extends_clause value: (member_expression property: (property_identifier) @name)) @reference.class
(implements_clause (type_identifier) @name) @reference.class
(implements_clause (generic_type name: (type_identifier) @name)) @reference.class
(extends_type_clause type: (type_identifier) @name) @reference.class
(extends_type_clause type: (generic_type name: (type_identifier) @name)) @reference.class

(import_require_clause source: (string (string_fragment) @import))
