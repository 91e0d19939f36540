(function_declaration name: (identifier) @name) @definition.function
(method_declaration
  receiver: (parameter_list (parameter_declaration type: [
    (type_identifier) @owner
    (pointer_type (type_identifier) @owner)
    (generic_type type: (type_identifier) @owner)
    (pointer_type (generic_type type: (type_identifier) @owner))]))
  name: (field_identifier) @name) @definition.method

(type_declaration . "type" . (type_spec name: (type_identifier) @name type: (struct_type)) .) @definition.struct
(type_declaration . "type" . (type_spec name: (type_identifier) @name type: (interface_type)) .) @definition.interface
(type_declaration . "type" . (type_spec name: (type_identifier) @name) .) @definition.type
(type_spec name: (type_identifier) @name type: (struct_type)) @definition.struct
(type_spec name: (type_identifier) @name type: (interface_type)) @definition.interface
(type_spec name: (type_identifier) @name) @definition.type
(type_alias name: (type_identifier) @name) @definition.type

(struct_type (field_declaration_list (field_declaration name: (field_identifier) @name) @definition.field))
(method_elem name: (field_identifier) @name) @definition.method

(source_file (const_declaration (const_spec name: (identifier) @name) @definition.constant))
(source_file (var_declaration (var_spec name: (identifier) @name) @definition.variable))
(source_file (var_declaration (var_spec_list (var_spec name: (identifier) @name) @definition.variable)))

(call_expression function: (identifier) @name) @reference.call
(call_expression function: (selector_expression field: (field_identifier) @name)) @reference.call
(call_expression function: (type_instantiation_expression type: (type_identifier) @name)) @reference.call
(parameter_declaration type: (type_identifier) @name) @reference.type
(field_declaration type: (type_identifier) @name) @reference.type
(pointer_type (type_identifier) @name) @reference.type
(slice_type element: (type_identifier) @name) @reference.type
(map_type value: (type_identifier) @name) @reference.type
(qualified_type name: (type_identifier) @name) @reference.type
(generic_type type: (type_identifier) @name) @reference.type
(function_declaration result: (type_identifier) @name) @reference.type
(method_declaration result: (type_identifier) @name) @reference.type
(var_spec type: (type_identifier) @name) @reference.type
(composite_literal type: (type_identifier) @name) @reference.type
(type_assertion_expression type: (type_identifier) @name) @reference.type

(import_spec path: (interpreted_string_literal (interpreted_string_literal_content) @import))
