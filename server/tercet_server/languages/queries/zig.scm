(function_declaration name: (identifier) @name) @definition.function
(variable_declaration (identifier) @name (struct_declaration)) @definition.struct
(variable_declaration (identifier) @name (union_declaration)) @definition.struct
(variable_declaration (identifier) @name (enum_declaration)) @definition.enum
(variable_declaration (identifier) @name (error_set_declaration)) @definition.enum
(source_file (variable_declaration "var" (identifier) @name) @definition.variable)
(source_file (variable_declaration . (identifier) @name) @definition.constant)
(struct_declaration (variable_declaration . (identifier) @name) @definition.constant)
(container_field name: (identifier) @name) @definition.field
(test_declaration (string (string_content) @name)) @definition.function

(call_expression function: (identifier) @name) @reference.call
(call_expression function: (field_expression member: (identifier) @name)) @reference.call
(parameter type: (identifier) @name) @reference.type
(pointer_type (identifier) @name) @reference.type
(container_field type: (identifier) @name) @reference.type

(builtin_function (builtin_identifier) @import_function (arguments (string (string_content) @import))
  (#eq? @import_function "@import"))
