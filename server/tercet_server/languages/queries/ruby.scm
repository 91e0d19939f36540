(class name: (constant) @name) @definition.class
(class name: (scope_resolution name: (constant) @name)) @definition.class
(module name: (constant) @name) @definition.module
(module name: (scope_resolution name: (constant) @name)) @definition.module
(method name: (_) @name) @definition.method
(singleton_method name: (_) @name) @definition.method
(alias name: (_) @name) @definition.method
(assignment left: (constant) @name) @definition.constant
(call method: (identifier) @attr arguments: (argument_list (simple_symbol) @name @definition.field)
  (#any-of? @attr "attr_accessor" "attr_reader" "attr_writer"))
(call method: (identifier) @define arguments: (argument_list . (simple_symbol) @name)
  (#any-of? @define "define_method" "alias_method" "scope" "delegate" "has_many" "has_one" "belongs_to")) @definition.method

(call method: (identifier) @name) @reference.call
(call receiver: (constant) @name) @reference.class
(superclass (constant) @name) @reference.class
(superclass (scope_resolution name: (constant) @name)) @reference.class
(argument_list (constant) @name) @reference.class
(scope_resolution name: (constant) @name) @reference.class
(body_statement (identifier) @name) @reference.call

(call method: (identifier) @require arguments: (argument_list . (string (string_content) @import))
  (#any-of? @require "require" "require_relative" "load" "autoload"))
(call method: (identifier) @require arguments: (argument_list (string (string_content) @import) .)
  (#eq? @require "autoload"))
