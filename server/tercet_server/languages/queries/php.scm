(namespace_definition name: (namespace_name) @name) @definition.module
(class_declaration name: (name) @name) @definition.class
(interface_declaration name: (name) @name) @definition.interface
(trait_declaration name: (name) @name) @definition.trait
(enum_declaration name: (name) @name) @definition.enum
(enum_case name: (name) @name) @definition.constant
(function_definition name: (name) @name) @definition.function
(method_declaration name: (name) @name) @definition.method
(property_declaration (property_element name: (variable_name (name) @name))) @definition.field
(property_promotion_parameter name: (variable_name (name) @name)) @definition.field
(const_declaration (const_element (name) @name)) @definition.constant
(function_call_expression function: (name) @define
  arguments: (arguments . (argument (string (string_content) @name)))
  (#eq? @define "define")) @definition.constant

(function_call_expression function: (name) @name) @reference.call
(function_call_expression function: (qualified_name (name) @name)) @reference.call
(member_call_expression name: (name) @name) @reference.call
(nullsafe_member_call_expression name: (name) @name) @reference.call
(scoped_call_expression name: (name) @name) @reference.call
(scoped_call_expression scope: (name) @name) @reference.class
(class_constant_access_expression . (name) @name) @reference.class
(object_creation_expression (name) @name) @reference.class
(object_creation_expression (qualified_name (name) @name)) @reference.class
(base_clause (name) @name) @reference.class
(base_clause (qualified_name (name) @name)) @reference.class
(class_interface_clause (name) @name) @reference.implementation
(class_interface_clause (qualified_name (name) @name)) @reference.implementation
(use_declaration (name) @name) @reference.implementation
(named_type (name) @name) @reference.type
(named_type (qualified_name (name) @name)) @reference.type
(attribute (name) @name) @reference.type

(namespace_use_declaration) @import
(include_expression (string (string_content) @import))
(include_once_expression (string (string_content) @import))
(require_expression (string (string_content) @import))
(require_once_expression (string (string_content) @import))
(require_once_expression (binary_expression right: (string (string_content) @import)))
(require_expression (binary_expression right: (string (string_content) @import)))
