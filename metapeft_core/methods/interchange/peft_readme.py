"""The README of an exported PEFT folder: how to load it and what it gives. Knows words only."""

from __future__ import annotations

from metapeft_core.backbones.encoder import Encoder
from metapeft_core.methods.adapted import Adapted
from metapeft_core.methods.interchange.heads import HEAD_FILE, TaskType, task_type_of

AUTO_CLASSES: dict[TaskType, str] = {
    "SEQ_CLS": "AutoModelForSequenceClassification",
    "FEATURE_EXTRACTION": "AutoModel",
    "CAUSAL_LM": "AutoModelForCausalLM",
}


def readme(model: Adapted, base: str, labels: tuple[str, ...]) -> str:
    """What someone needs who loads the folder without this project."""
    task = task_type_of(model)
    parts = [
        f"---\nbase_model: {base}\nlibrary_name: peft\n---\n",
        f"# A {model.settings.method} adapter for {base}\n",
        _loading(model, base, task),
    ]
    if model.task_head is not None and task == "FEATURE_EXTRACTION":
        parts.append(_scoring(model))
    if task == "SEQ_CLS" and model.backbone.card.kind == "decoder":
        parts.append(_padding(model))
    if labels:
        parts.append("The labels, in the order of the scores: " + ", ".join(f"`{label}`" for label in labels) + ".\n")
    return "\n".join(parts)


def _loading(model: Adapted, base: str, task: TaskType) -> str:
    head, card = model.task_head, model.backbone.card
    options = [f'"{base}"']
    if task == "SEQ_CLS" and head is not None:
        options.append(f"num_labels={head.classes}")
    if isinstance(model.backbone, Encoder):
        # A backbone cut to its first layers must be cut in the same way, and a whole one loses nothing by it.
        options.append(f"num_hidden_layers={card.layers}")
    return (
        "```python\n"
        "from peft import PeftModel\n"
        f"from transformers import {AUTO_CLASSES[task]}\n\n"
        f"base = {AUTO_CLASSES[task]}.from_pretrained({', '.join(options)})\n"
        'model = PeftModel.from_pretrained(base, "THIS FOLDER").eval()\n'
        "```\n"
    )


def _scoring(model: Adapted) -> str:
    assert model.task_head is not None
    prompt = model.adapter.prompt()
    virtual = 0 if prompt is None else int(prompt.shape[0])
    skip = f"The first {virtual} states belong to virtual tokens and are left out. " if virtual else ""
    taken = f"[:, {virtual}:]" if virtual else ""
    if model.task_head.pooling == "mean":
        pooled = (
            "real = batch.attention_mask[..., None]\n"
            "pooled = (states * real).sum(1) / real.sum(1)  # the mean over the text's own tokens\n"
        )
    else:
        taken, skip = "", ""
        pooled = "pooled = states[:, 0]  # the first position\n"
    return (
        f"PEFT has no class that pools as this classifier does, so its last layer stands beside the adapter, in "
        f"`{HEAD_FILE}`. {skip}Scores are computed so:\n\n"
        "```python\n"
        "from safetensors.torch import load_file\n\n"
        f'head = load_file("THIS FOLDER/{HEAD_FILE}")\n'
        f"states = model(**batch).last_hidden_state{taken}\n"
        f"{pooled}"
        'scores = pooled @ head["weight"].T + head["bias"]\n'
        "```\n"
    )


def _padding(model: Adapted) -> str:
    if model.adapter.prompt() is None:
        return "Set `base.config.pad_token_id`: transformers finds the text's last token by it.\n"
    return (
        "Set `base.config.pad_token_id`, and pad batches on the left or give rows of equal length: with virtual tokens "
        "transformers scores the last position of the batch, padding or not.\n"
    )
