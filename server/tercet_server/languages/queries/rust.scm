(function_item name: (identifier) @name) @definition.function
(function_signature_item name: (identifier) @name) @definition.function
(struct_item name: (type_identifier) @name) @definition.struct
(enum_item name: (type_identifier) @name) @definition.enum
(union_item name: (type_identifier) @name) @definition.struct
(trait_item name: (type_identifier) @name) @definition.trait
(type_item name: (type_identifier) @name) @definition.type
(associated_type name: (type_identifier) @name) @definition.type
(mod_item name: (identifier) @name) @definition.module
(macro_definition name: (identifier) @name) @definition.macro
(enum_variant name: (identifier) @name) @definition.constant
(field_declaration name: (field_identifier) @name) @definition.field
(source_file (const_item name: (identifier) @name) @definition.constant)
(source_file (static_item name: (identifier) @name) @definition.variable)
(declaration_list (const_item name: (identifier) @name) @definition.constant)
(declaration_list (static_item name: (identifier) @name) @definition.variable)

; An implementation gives its functions the name of the type

(impl_item type: (type_identifier) @name) @scope
(impl_item type: (generic_type type: (type_identifier) @name)) @scope
(impl_item type: (scoped_type_identifier name: (type_identifier) @name)) @scope
(impl_item type: (generic_type type: (scoped_type_identifier name: (type_identifier) @name))) @scope
(impl_item type: (reference_type type: (type_identifier) @name)) @scope

(call_expression function: (identifier) @name) @reference.call
(call_expression function: (field_expression field: (field_identifier) @name)) @reference.call
(call_expression function: (scoped_identifier name: (identifier) @name)) @reference.call
(call_expression function: (scoped_identifier path: (identifier) @name)) @reference.type
(call_expression function: (generic_function function: (identifier) @name)) @reference.call
(call_expression function: (generic_function
  function: (scoped_identifier name: (identifier) @name))) @reference.call
(call_expression function: (generic_function
  function: (field_expression field: (field_identifier) @name))) @reference.call
(macro_invocation macro: (identifier) @name) @reference.call
(macro_invocation macro: (scoped_identifier name: (identifier) @name)) @reference.call
(struct_expression name: (type_identifier) @name) @reference.class
(struct_expression name: (scoped_type_identifier name: (type_identifier) @name)) @reference.class
(impl_item trait: (type_identifier) @name) @reference.implementation
(impl_item trait: (scoped_type_identifier name: (type_identifier) @name)) @reference.implementation
(impl_item trait: (generic_type type: (type_identifier) @name)) @reference.implementation
(impl_item type: (type_identifier) @name) @reference.type
(impl_item type: (generic_type type: (type_identifier) @name)) @reference.type
(parameter type: (type_identifier) @name) @reference.type
(field_declaration type: (type_identifier) @name) @reference.type
(ordered_field_declaration_list type: (type_identifier) @name) @reference.type
(function_item return_type: (type_identifier) @name) @reference.type
(function_signature_item return_type: (type_identifier) @name) @reference.type
(generic_type type: (type_identifier) @name) @reference.type
(generic_type type: (scoped_type_identifier name: (type_identifier) @name)) @reference.type
(type_arguments (type_identifier) @name) @reference.type
(type_arguments (scoped_type_identifier name: (type_identifier) @name)) @reference.type
(reference_type type: (type_identifier) @name) @reference.type
(reference_type type: (scoped_type_identifier name: (type_identifier) @name)) @reference.type
(trait_bounds (type_identifier) @name) @reference.type
(let_declaration type: (type_identifier) @name) @reference.type
(type_item type: (type_identifier) @name) @reference.type

(use_declaration argument: (_) @import)
(extern_crate_declaration name: (identifier) @import)
