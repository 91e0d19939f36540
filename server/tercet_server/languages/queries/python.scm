; Definitions. Of two patterns that name the same place, the first in the file wins.

(decorated_definition
  definition: (class_definition
    name: (identifier) @name
    body: (block . (expression_statement (string (string_content) @doc)))) @definition.class) @whole
(decorated_definition
  definition: (class_definition name: (identifier) @name) @definition.class) @whole
(class_definition
  name: (identifier) @name
  body: (block . (expression_statement (string (string_content) @doc)))) @definition.class
(class_definition name: (identifier) @name) @definition.class

(decorated_definition
  definition: (function_definition
    name: (identifier) @name
    body: (block . (expression_statement (string (string_content) @doc)))) @definition.function) @whole
(decorated_definition
  definition: (function_definition name: (identifier) @name) @definition.function) @whole
(function_definition
  name: (identifier) @name
  body: (block . (expression_statement (string (string_content) @doc)))) @definition.function
(function_definition name: (identifier) @name) @definition.function

(type_alias_statement left: (type (identifier) @name)) @definition.type
(type_alias_statement left: (type (generic_type (identifier) @name))) @definition.type

(module (expression_statement (assignment left: (identifier) @name) @definition.constant))
(module (expression_statement
  (assignment left: (pattern_list (identifier) @name)) @definition.constant))
(module (if_statement
  (block (expression_statement (assignment left: (identifier) @name) @definition.constant))))
(module (try_statement
  (block (expression_statement (assignment left: (identifier) @name) @definition.constant))))
(class_definition
  body: (block (expression_statement (assignment left: (identifier) @name) @definition.field)))

; References

(call function: (identifier) @name) @reference.call
(call function: (attribute attribute: (identifier) @name)) @reference.call
(decorator (identifier) @name) @reference.call
(decorator (attribute attribute: (identifier) @name)) @reference.call
(class_definition superclasses: (argument_list (identifier) @name)) @reference.class
(class_definition superclasses: (argument_list (attribute attribute: (identifier) @name))) @reference.class
(type (identifier) @name) @reference.type
(type (attribute attribute: (identifier) @name)) @reference.type
(type (generic_type (identifier) @name)) @reference.type
(type (binary_operator (identifier) @name)) @reference.type
(except_clause (identifier) @name) @reference.class
(except_clause (as_pattern (identifier) @name)) @reference.class
(except_clause (tuple (identifier) @name)) @reference.class
(except_clause (as_pattern (tuple (identifier) @name))) @reference.class
(raise_statement . (identifier) @name) @reference.class
(import_from_statement name: (dotted_name (identifier) @name .)) @reference.import
(import_from_statement name: (aliased_import name: (dotted_name (identifier) @name .))) @reference.import

; Imports: the module, and with `from` the name in it

(import_statement name: (dotted_name) @import)
(import_statement name: (aliased_import name: (dotted_name) @import))
(import_from_statement module_name: (_) @import name: (dotted_name) @import.name)
(import_from_statement module_name: (_) @import name: (aliased_import name: (dotted_name) @import.name))
(import_from_statement module_name: (_) @import (wildcard_import))
