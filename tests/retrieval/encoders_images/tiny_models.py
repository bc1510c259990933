"""Models of true architectures with tiny random weights, written to folders whose names say so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

WORDS = "the a scan of chest head abdomen fever x ray lung heart with and no user assistant".split()
PLAIN = ["[PAD]", "[UNK]", "<s>", "</s>", "<image>"]
VOCABULARY = {word: number for number, word in enumerate([*PLAIN, *WORDS])}
TEXTS = ["the scan", "a chest x ray with fever", "no heart and lung"]
TEMPLATE = (
    "{% for m in messages %}{{ m['role'] }} {% for c in m['content'] %}"
    "{% if c['type'] == 'image' %}<image> {% else %}{{ c['text'] }} {% endif %}{% endfor %}{% endfor %}"
)


def tokenizer(longest: int, **more: Any) -> Any:
    """A tokenizer of whole words, `<s>` and `</s>` around them."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    made = Tokenizer(models.WordLevel(VOCABULARY, unk_token="[UNK]"))
    made.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    made.post_processor = processors.TemplateProcessing(single="<s> $A </s>", special_tokens=[("<s>", 2), ("</s>", 3)])
    special = {"pad_token": "[PAD]", "unk_token": "[UNK]", "bos_token": "<s>", "eos_token": "</s>"}
    return PreTrainedTokenizerFast(tokenizer_object=made, model_max_length=longest, **special, **more)


def small(**more: Any) -> dict[str, Any]:
    """The widths of a tower."""
    return {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, **more}


def clip(folder: Path) -> Path:
    """A CLIPModel, 12 dimensions, pictures of 32 pixels, 77 tokens."""
    import torch
    from transformers import CLIPConfig, CLIPModel
    from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

    torch.manual_seed(0)
    text = small(vocab_size=len(VOCABULARY), max_position_embeddings=77, eos_token_id=3, bos_token_id=2, pad_token_id=0)
    seen = small(image_size=32, patch_size=8)
    config = CLIPConfig(
        text_config={**text, "projection_dim": 12}, vision_config={**seen, "projection_dim": 12}, projection_dim=12
    )
    CLIPModel(config).save_pretrained(folder)
    tokenizer(77).save_pretrained(folder)
    CLIPImageProcessorPil(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32}).save_pretrained(folder)
    return folder


def siglip(folder: Path) -> Path:
    """A SiglipModel, 16 dimensions, pictures of 32 pixels, texts padded to 16 tokens."""
    import torch
    from transformers import SiglipConfig, SiglipModel
    from transformers.models.siglip.image_processing_pil_siglip import SiglipImageProcessorPil

    torch.manual_seed(0)
    text = small(vocab_size=len(VOCABULARY), max_position_embeddings=16, eos_token_id=3, bos_token_id=2, pad_token_id=0)
    config = SiglipConfig(text_config=text, vision_config=small(image_size=32, patch_size=8))
    SiglipModel(config).save_pretrained(folder)
    tokenizer(16, model_input_names=["input_ids"]).save_pretrained(folder)
    SiglipImageProcessorPil(size={"height": 32, "width": 32}).save_pretrained(folder)
    return folder


def vit(folder: Path) -> Path:
    """A ViTModel, 16 dimensions, pictures of 32 pixels."""
    import torch
    from transformers import ViTConfig, ViTModel
    from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil

    torch.manual_seed(0)
    ViTModel(ViTConfig(**small(image_size=32, patch_size=8))).save_pretrained(folder)
    ViTImageProcessorPil(size={"height": 32, "width": 32}).save_pretrained(folder)
    return folder


def dinov2(folder: Path) -> Path:
    """A Dinov2Model, 16 dimensions, pictures of 28 pixels cut from 32."""
    import torch
    from transformers import Dinov2Config, Dinov2Model
    from transformers.models.bit.image_processing_pil_bit import BitImageProcessorPil

    torch.manual_seed(0)
    sizes = {"hidden_size": 16, "mlp_ratio": 2, "num_hidden_layers": 2, "num_attention_heads": 2}
    Dinov2Model(Dinov2Config(**sizes, image_size=28, patch_size=14)).save_pretrained(folder)
    BitImageProcessorPil(size={"shortest_edge": 32}, crop_size={"height": 28, "width": 28}).save_pretrained(folder)
    return folder


def llava(folder: Path) -> Path:
    """A LlavaModel: pictures and words in one message, 16 dimensions a token."""
    import torch
    from transformers import CLIPVisionConfig, LlamaConfig, LlavaConfig, LlavaModel, LlavaProcessor
    from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

    torch.manual_seed(0)
    pictures = CLIPImageProcessorPil(size={"shortest_edge": 16}, crop_size={"height": 16, "width": 16})
    words = tokenizer(256, additional_special_tokens=["<image>"])
    rest = {"patch_size": 8, "vision_feature_select_strategy": "default", "num_additional_image_tokens": 1}
    LlavaProcessor(pictures, words, chat_template=TEMPLATE, **rest).save_pretrained(folder)
    text = LlamaConfig(**small(vocab_size=len(VOCABULARY), num_key_value_heads=2, max_position_embeddings=256))
    seen = CLIPVisionConfig(**small(image_size=16, patch_size=8))
    config = LlavaConfig(vision_config=seen, text_config=text, image_token_id=4, image_token_index=4, vision_feature_layer=-1)
    LlavaModel(config).save_pretrained(folder)
    return folder
