(call target: (identifier) @def (arguments . (alias) @name)
  (#any-of? @def "defmodule" "defprotocol" "defimpl")) @definition.module
(call target: (identifier) @def
  (arguments . [
    (identifier) @name
    (call target: (identifier) @name)
    (binary_operator left: (call target: (identifier) @name) operator: "when")
    (binary_operator left: (identifier) @name operator: "when")])
  (#any-of? @def "def" "defp" "defdelegate" "defguard" "defguardp" "defn" "defnp")) @definition.function
(call target: (identifier) @def
  (arguments . [
    (identifier) @name
    (call target: (identifier) @name)
    (binary_operator left: (call target: (identifier) @name) operator: "when")])
  (#any-of? @def "defmacro" "defmacrop")) @definition.macro
(unary_operator operator: "@" operand: (call
  target: (identifier) @def
  (arguments (binary_operator left: [(call target: (identifier) @name) (identifier) @name] operator: "::")))
  (#any-of? @def "type" "typep" "opaque")) @definition.type
(unary_operator operator: "@" operand: (call
  target: (identifier) @def
  (arguments (binary_operator left: (call target: (identifier) @name) operator: "::")))
  (#any-of? @def "callback" "macrocallback")) @definition.method

(call target: (identifier) @name (#not-match? @name
  "^(def(|p|macrop?|module|protocol|impl|struct|delegate|guardp?)|alias|import|require|use|if|unless|case|cond|with|for|try|receive|quote|unquote|raise|doc|moduledoc|typedoc|spec|typep?|opaque|callback|impl)$")) @reference.call
(call target: (dot right: (identifier) @name)) @reference.call
(binary_operator operator: "|>" right: (identifier) @name) @reference.call
(dot left: (alias) @name) @reference.module
(struct (alias) @name) @reference.module

(call target: (identifier) @use (arguments . (alias) @import)
  (#any-of? @use "alias" "import" "require" "use"))
