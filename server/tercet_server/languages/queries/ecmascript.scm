; What JavaScript and TypeScript share. Of two patterns that name the same place, the first in the file wins.

; Functions that a name is bound to

(export_statement
  declaration: (lexical_declaration
    (variable_declarator
      name: (identifier) @name
      value: [(arrow_function) (function_expression) (generator_function)]))) @definition.function
(lexical_declaration
  (variable_declarator
    name: (identifier) @name
    value: [(arrow_function) (function_expression) (generator_function)])) @definition.function
(variable_declaration
  (variable_declarator
    name: (identifier) @name
    value: [(arrow_function) (function_expression) (generator_function)])) @definition.function

(export_statement
  declaration: (function_declaration name: (identifier) @name)) @definition.function
(function_declaration name: (identifier) @name) @definition.function
(export_statement
  declaration: (generator_function_declaration name: (identifier) @name)) @definition.function
(generator_function_declaration name: (identifier) @name) @definition.function

(method_definition name: [(property_identifier) (private_property_identifier)] @name) @definition.method
(method_definition name: (string (string_fragment) @name)) @definition.method
(pair
  key: (property_identifier) @name
  value: [(arrow_function) (function_expression) (generator_function)]) @definition.method
(pair
  key: (string (string_fragment) @name)
  value: [(arrow_function) (function_expression) (generator_function)]) @definition.method

(assignment_expression
  left: (member_expression
    object: (member_expression object: (identifier) @owner property: (property_identifier) @prototype)
    property: (property_identifier) @name)
  right: [(arrow_function) (function_expression) (generator_function)]
  (#eq? @prototype "prototype")) @definition.method
(assignment_expression
  left: (member_expression object: (identifier) @module property: (property_identifier) @exports)
  right: (function_expression name: (identifier) @name)
  (#eq? @module "module") (#eq? @exports "exports")) @definition.function
(assignment_expression
  left: (member_expression object: (identifier) @exports property: (property_identifier) @name)
  right: [(arrow_function) (function_expression) (generator_function)]
  (#eq? @exports "exports")) @definition.function
(assignment_expression
  left: (member_expression object: (identifier) @owner property: (property_identifier) @name)
  right: [(arrow_function) (function_expression) (generator_function)]
  (#not-eq? @name "exports")) @definition.method
(assignment_expression
  left: (member_expression property: (property_identifier) @name)
  right: [(arrow_function) (function_expression) (generator_function)]
  (#not-eq? @name "exports")) @definition.method
(pair key: (property_identifier) @name value: (object)) @scope
(assignment_expression
  left: (identifier) @name
  right: [(arrow_function) (function_expression) (generator_function)]) @definition.function

; Constants of the module

(program (export_statement
  declaration: (lexical_declaration (variable_declarator name: (identifier) @name))) @definition.constant)
(program (lexical_declaration (variable_declarator name: (identifier) @name)) @definition.constant)
(program (variable_declaration (variable_declarator name: (identifier) @name)) @definition.constant)

; References

(call_expression function: (identifier) @name) @reference.call
(call_expression function: (member_expression property: (property_identifier) @name)) @reference.call
(call_expression
  function: (member_expression property: (private_property_identifier) @name)) @reference.call
(new_expression constructor: (identifier) @name) @reference.class
(new_expression constructor: (member_expression property: (property_identifier) @name)) @reference.class
(decorator (identifier) @name) @reference.call
(import_specifier name: (identifier) @name) @reference.import
(export_statement (export_clause (export_specifier name: (identifier) @name))) @reference.import

; Imports

(import_statement source: (string (string_fragment) @import))
(export_statement source: (string (string_fragment) @import))
(call_expression function: (import) arguments: (arguments . (string (string_fragment) @import)))
(call_expression
  function: (identifier) @require
  arguments: (arguments . (string (string_fragment) @import))
  (#eq? @require "require"))
