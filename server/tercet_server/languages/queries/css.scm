(class_selector (class_name) @name) @definition.selector
(id_selector (id_name) @name) @definition.selector
(keyframes_statement (keyframes_name) @name) @definition.function
(declaration (property_name) @name (#match? @name "^--")) @definition.constant

(call_expression (function_name) @var (arguments . (plain_value) @name) (#eq? @var "var")) @reference.constant

(import_statement (string_value (string_content) @import))
(import_statement (call_expression (arguments (string_value (string_content) @import))))
(import_statement (call_expression (arguments (plain_value) @import)))
