(function_statement (function_name) @name) @definition.function
(class_statement . (simple_name) @name) @definition.class
(enum_statement . (simple_name) @name) @definition.enum
(enum_member (simple_name) @name) @definition.constant
(class_method_definition (simple_name) @name) @definition.method
(class_property_definition (variable) @name) @definition.field

(command command_name: (command_name) @name) @reference.call
(invokation_expression (member_name (simple_name) @name)) @reference.call

(command command_name: (command_name) @command
  command_elements: (command_elements (generic_token) @import .)
  (#any-of? @command "using" "Import-Module"))
(command (command_invokation_operator) @dot command_name: (command_name_expr (command_name) @import)
  (#eq? @dot "."))
