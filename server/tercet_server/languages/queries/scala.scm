(class_definition name: (identifier) @name) @definition.class
(object_definition name: (identifier) @name) @definition.class
(trait_definition name: (identifier) @name) @definition.trait
(enum_definition name: (identifier) @name) @definition.enum
(simple_enum_case name: (identifier) @name) @definition.constant
(full_enum_case name: (identifier) @name) @definition.class
(type_definition name: (type_identifier) @name) @definition.type
(function_definition name: (identifier) @name) @definition.function
(function_declaration name: (identifier) @name) @definition.function
(given_definition name: (identifier) @name) @definition.constant
(compilation_unit (val_definition pattern: (identifier) @name) @definition.constant)
(compilation_unit (var_definition pattern: (identifier) @name) @definition.variable)
(template_body (val_definition pattern: (identifier) @name) @definition.field)
(template_body (var_definition pattern: (identifier) @name) @definition.field)
(template_body (val_declaration name: (identifier) @name) @definition.field)
(template_body (var_declaration name: (identifier) @name) @definition.field)
(class_parameter name: (identifier) @name) @definition.field

(call_expression function: (identifier) @name) @reference.call
(call_expression function: (field_expression field: (identifier) @name)) @reference.call
(call_expression function: (generic_function function: (identifier) @name)) @reference.call
(call_expression function: (generic_function
  function: (field_expression field: (identifier) @name))) @reference.call
(instance_expression (type_identifier) @name) @reference.class
(instance_expression (generic_type type: (type_identifier) @name)) @reference.class
(extends_clause type: (type_identifier) @name) @reference.class
(extends_clause type: (generic_type type: (type_identifier) @name)) @reference.class
(parameter type: (type_identifier) @name) @reference.type
(class_parameter type: (type_identifier) @name) @reference.type
(function_definition return_type: (type_identifier) @name) @reference.type
(generic_type type: (type_identifier) @name) @reference.type
(type_arguments (type_identifier) @name) @reference.type

(import_declaration) @import
