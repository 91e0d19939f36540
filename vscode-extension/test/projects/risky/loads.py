import yaml


def first(text):
    return yaml.load(text, Loader=yaml.Loader)


def second(text):
    return [yaml.load(part, Loader=yaml.Loader) for part in text.split("---")]
