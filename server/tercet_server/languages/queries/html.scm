(element (start_tag (attribute (attribute_name) @id (quoted_attribute_value (attribute_value) @name)))
  (#eq? @id "id")) @definition.selector
(element (start_tag (attribute (attribute_name) @id (attribute_value) @name)) (#eq? @id "id")) @definition.selector
(element (start_tag (tag_name) @tag) (text) @name (#any-of? @tag "h1" "h2" "h3" "title")) @definition.heading

(script_element (start_tag (attribute (attribute_name) @src (quoted_attribute_value (attribute_value) @import)))
  (#eq? @src "src"))
(element (start_tag (tag_name) @link
  (attribute (attribute_name) @href (quoted_attribute_value (attribute_value) @import)))
  (#eq? @link "link") (#eq? @href "href"))
