# Copyright 2026 The Millrace authors
# SPDX-License-Identifier: Apache-2.0
"""Exports the nano model as ONNX graphs, with exactly the inputs and outputs of the published LFM2 exports.

    python export_onnx.py MODEL_FOLDER OUT_FOLDER

MODEL_FOLDER holds config.json and model.safetensors. OUT_FOLDER gets the small files beside the weights and
  onnx/model.onnx     standard operators, float32
  onnx/model_q4.onnx  GroupQueryAttention, MatMulNBits (4 bits in blocks of 32) and SimplifiedLayerNormalization, as published
The experts are computed all, and those that were not picked weigh nothing: right, and fast enough for a model of this size.
Needs numpy and onnx.
"""

import argparse
import json
import shutil
import struct
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

BLOCK = 32
END = np.iinfo(np.int64).max


def read_safetensors(path):
    """All tensors of a file as float32."""
    data = path.read_bytes()
    (size,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + size])
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        begin, end = (8 + size + offset for offset in entry["data_offsets"])
        raw = data[begin:end]
        if entry["dtype"] == "BF16":
            values = (np.frombuffer(raw, "<u2").astype(np.uint32) << 16).view(np.float32)
        else:
            values = np.frombuffer(raw, {"F32": "<f4", "F16": "<f2"}[entry["dtype"]]).astype(np.float32)
        tensors[name] = values.reshape(entry["shape"])
    return tensors


class Graph:
    """Nodes, weights, inputs and outputs while they are being collected."""

    def __init__(self):
        self.nodes, self.weights, self.inputs, self.outputs, self.count = [], [], [], [], 0

    def name(self, kind):
        self.count += 1
        return f"{kind}_{self.count}"

    def input(self, name, type, *shape):
        self.inputs.append(helper.make_tensor_value_info(name, type, shape))
        return name

    def output(self, name, type, *shape):
        self.outputs.append(helper.make_tensor_value_info(name, type, shape))

    def weight(self, values):
        name = self.name("weight")
        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def floats(self, values):
        return self.weight(np.asarray(values, np.float32))

    def longs(self, *values):
        return self.weight(np.asarray(values, np.int64))

    def scalar(self, value):
        return self.weight(np.asarray(value, np.int64))

    def node(self, op, *inputs, outputs=1, names=None, domain="", **attributes):
        results = names or [self.name(op) for _ in range(outputs)]
        self.nodes.append(helper.make_node(op, list(inputs), results, self.name("node"), domain=domain, **attributes))
        return results[0] if len(results) == 1 else results

    def save(self, path):
        graph = helper.make_graph(self.nodes, "nano", self.inputs, self.outputs, self.weights)
        opsets = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
        onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=9), path)


class StandardOperators:
    """How the published graphs compute, spelled out."""

    def __init__(self, graph, config):
        self.g, self.config = graph, config

    def begin(self):
        g = self.g
        g.input("position_ids", TensorProto.INT64, "batch", "tokens")
        total = g.node("Gather", g.node("Shape", "attention_mask"), g.scalar(1))
        past = g.node("Sub", total, g.node("Gather", g.node("Shape", "input_ids"), g.scalar(1)))
        keys = g.node("Range", g.scalar(0), total, g.scalar(1))
        queries = g.node("Unsqueeze", g.node("Range", past, total, g.scalar(1)), g.longs(1))
        given = g.node("Unsqueeze", g.node("Cast", "attention_mask", to=TensorProto.BOOL), g.longs(1, 2, 3))
        seen = g.node("And", g.node("LessOrEqual", keys, queries), given)
        self.bias = g.node("Where", seen, g.floats(0.0), g.floats(-1e9))
        half = self.config["head_size"] // 2
        frequencies = self.config["theta"] ** (-np.arange(half) / half)
        positions = g.node("Unsqueeze", g.node("Cast", "position_ids", to=TensorProto.FLOAT), g.longs(-1))
        angles = g.node("Unsqueeze", g.node("Mul", positions, g.floats(frequencies)), g.longs(1))
        self.cos, self.sin = g.node("Cos", angles), g.node("Sin", angles)

    def linear(self, x, matrix):
        return self.g.node("MatMul", x, self.g.floats(matrix.T))

    def norm(self, x, weight):
        g = self.g
        mean = g.node("ReduceMean", g.node("Mul", x, x), axes=[-1], keepdims=1)
        root = g.node("Sqrt", g.node("Add", mean, g.floats(self.config["epsilon"])))
        return g.node("Mul", g.node("Div", x, root), g.floats(weight))

    def rope(self, x):
        g, half = self.g, self.config["head_size"] // 2
        a, b = g.node("Split", x, g.longs(half, half), outputs=2, axis=-1)
        first = g.node("Sub", g.node("Mul", a, self.cos), g.node("Mul", b, self.sin))
        second = g.node("Add", g.node("Mul", b, self.cos), g.node("Mul", a, self.sin))
        return g.node("Concat", first, second, axis=-1)

    def attention(self, layer, q, k, v):
        """q, k and v are [batch, tokens, heads, head size]."""
        g, c = self.g, self.config
        q, k, v = (g.node("Transpose", x, perm=[0, 2, 1, 3]) for x in (q, k, v))
        keys = g.node("Concat", f"past_key_values.{layer}.key", self.rope(k), names=[f"present.{layer}.key"], axis=2)
        values = g.node("Concat", f"past_key_values.{layer}.value", v, names=[f"present.{layer}.value"], axis=2)
        group = c["heads"] // c["kv_heads"]
        q = g.node("Reshape", self.rope(q), g.longs(0, c["kv_heads"], group, -1, c["head_size"]))
        turned = g.node("Transpose", g.node("Unsqueeze", keys, g.longs(2)), perm=[0, 1, 2, 4, 3])
        scores = g.node("Mul", g.node("MatMul", q, turned), g.floats(c["head_size"] ** -0.5))
        weights = g.node("Softmax", g.node("Add", scores, self.bias), axis=-1)
        mixed = g.node("MatMul", weights, g.node("Unsqueeze", values, g.longs(2)))
        mixed = g.node("Reshape", mixed, g.longs(0, c["heads"], -1, c["head_size"]))
        mixed = g.node("Transpose", mixed, perm=[0, 2, 1, 3])
        return g.node("Reshape", mixed, g.longs(0, 0, c["heads"] * c["head_size"]))


class ContributedOperators(StandardOperators):
    """The operators of com.microsoft that the published graphs are made of."""

    def begin(self):
        g = self.g
        length = g.node("ReduceSum", "attention_mask", g.longs(1), keepdims=0)
        self.lengths = g.node("Cast", g.node("Sub", length, g.longs(1)), to=TensorProto.INT32)
        total = g.node("Gather", g.node("Shape", "attention_mask"), g.scalar(1))
        self.total = g.node("Cast", total, to=TensorProto.INT32)
        half = self.config["head_size"] // 2
        frequencies = self.config["theta"] ** (-np.arange(half) / half)
        angles = np.outer(np.arange(self.config["context"]), frequencies)
        self.cos, self.sin = g.floats(np.cos(angles)), g.floats(np.sin(angles))

    def linear(self, x, matrix):
        rows, columns = matrix.shape
        blocks = matrix.reshape(-1, BLOCK)
        extreme = np.take_along_axis(blocks, np.abs(blocks).argmax(1)[:, None], 1)
        scales = extreme / -8
        with np.errstate(divide="ignore", invalid="ignore"):
            levels = np.where(scales == 0, 8, np.clip(np.floor(blocks / scales + 0.5) + 8, 0, 15)).astype(np.uint8)
        packed = (levels[:, 0::2] | levels[:, 1::2] << 4).reshape(rows, columns // BLOCK, BLOCK // 2)
        return self.g.node("MatMulNBits", x, self.g.weight(packed), self.g.floats(scales.reshape(-1)),
                           domain="com.microsoft", K=columns, N=rows, bits=4, block_size=BLOCK)

    def norm(self, x, weight):
        return self.g.node("SimplifiedLayerNormalization", x, self.g.floats(weight), axis=-1,
                           epsilon=self.config["epsilon"], stash_type=1)

    def attention(self, layer, q, k, v):
        g, c = self.g, self.config
        flat = [g.node("Reshape", x, g.longs(0, 0, -1)) for x in (q, k, v)]
        past = [f"past_key_values.{layer}.{part}" for part in ("key", "value")]
        present = [f"present.{layer}.{part}" for part in ("key", "value")]
        mixed = g.name("mixed")
        g.node("GroupQueryAttention", *flat, *past, self.lengths, self.total, self.cos, self.sin,
               names=[mixed, *present], domain="com.microsoft", num_heads=c["heads"], kv_num_heads=c["kv_heads"],
               do_rotary=1)
        return mixed


def silu(g, x):
    return g.node("Mul", x, g.node("Sigmoid", x))


def attention(g, ops, config, tensors, prefix, layer, x):
    def heads(kind, count, norm):
        projected = g.node("Reshape", ops.linear(x, tensors[f"{prefix}self_attn.{kind}_proj.weight"]),
                           g.longs(0, 0, count, config["head_size"]))
        return ops.norm(projected, tensors[f"{prefix}self_attn.{kind}_layernorm.weight"]) if norm else projected

    for part in ("key", "value"):
        g.input(f"past_key_values.{layer}.{part}", TensorProto.FLOAT, "batch", config["kv_heads"], "past",
                config["head_size"])
        g.output(f"present.{layer}.{part}", TensorProto.FLOAT, "batch", config["kv_heads"], "total",
                 config["head_size"])
    mixed = ops.attention(layer, heads("q", config["heads"], True), heads("k", config["kv_heads"], True),
                          heads("v", config["kv_heads"], False))
    return ops.linear(mixed, tensors[f"{prefix}self_attn.out_proj.weight"])


def convolution(g, ops, config, tensors, prefix, layer, x):
    hidden, width = config["hidden"], config["width"]
    past = g.input(f"past_conv.{layer}", TensorProto.FLOAT, "batch", hidden, width)
    g.output(f"present_conv.{layer}", TensorProto.FLOAT, "batch", hidden, width)
    b, c, v = g.node("Split", ops.linear(x, tensors[f"{prefix}conv.in_proj.weight"]), g.longs(hidden, hidden, hidden),
                     outputs=3, axis=-1)
    u = g.node("Concat", past, g.node("Transpose", g.node("Mul", b, v), perm=[0, 2, 1]), axis=2)
    g.node("Slice", u, g.longs(-width), g.longs(END), g.longs(2), names=[f"present_conv.{layer}"])
    # the cache is one column wider than the kernel reaches back
    reached = g.node("Slice", u, g.longs(1), g.longs(END), g.longs(2))
    y = g.node("Conv", reached, g.floats(tensors[f"{prefix}conv.conv.weight"]), group=hidden, kernel_shape=[width])
    return ops.linear(g.node("Mul", c, g.node("Transpose", y, perm=[0, 2, 1])),
                      tensors[f"{prefix}conv.out_proj.weight"])


def dense(g, ops, tensors, prefix, x):
    inner = g.node("Mul", silu(g, ops.linear(x, tensors[f"{prefix}w1.weight"])),
                   ops.linear(x, tensors[f"{prefix}w3.weight"]))
    return ops.linear(inner, tensors[f"{prefix}w2.weight"])


def experts(g, config, tensors, prefix, x):
    scores = g.node("Sigmoid", g.node("MatMul", x, g.floats(tensors[f"{prefix}gate.weight"].T)))
    _, picked = g.node("TopK", g.node("Add", scores, g.floats(tensors[f"{prefix}expert_bias"])),
                       g.longs(config["used"]), outputs=2, axis=-1)
    weights = g.node("GatherElements", scores, picked, axis=-1)
    if config["normalise"]:
        total = g.node("ReduceSum", weights, g.longs(-1), keepdims=1)
        weights = g.node("Div", weights, g.node("Add", total, g.floats(1e-6)))
    weights = g.node("Mul", weights, g.floats(config["scale"]))
    gate = g.node("ScatterElements", g.node("Mul", scores, g.floats(0.0)), picked, weights, axis=-1)

    def stacked(kind):
        return g.floats(np.stack([tensors[f"{prefix}experts.{e}.{kind}.weight"].T for e in range(config["experts"])]))

    spread = g.node("Unsqueeze", x, g.longs(1))
    inner = g.node("Mul", silu(g, g.node("MatMul", spread, stacked("w1"))), g.node("MatMul", spread, stacked("w3")))
    gate = g.node("Unsqueeze", g.node("Transpose", gate, perm=[0, 2, 1]), g.longs(-1))
    weighed = g.node("Mul", g.node("MatMul", inner, stacked("w2")), gate)
    return g.node("ReduceSum", weighed, g.longs(1), keepdims=0)


def export(config, tensors, kind, path):
    g = Graph()
    g.input("input_ids", TensorProto.INT64, "batch", "tokens")
    g.input("attention_mask", TensorProto.INT64, "batch", "total")
    ops = kind(g, config)
    ops.begin()
    embedding = g.floats(tensors["model.embed_tokens.weight"])
    h = g.node("Gather", embedding, "input_ids")
    for layer, mixer in enumerate(config["layers"]):
        prefix = f"model.layers.{layer}."
        x = ops.norm(h, tensors[f"{prefix}operator_norm.weight"])
        mix = attention if mixer == "full_attention" else convolution
        h = g.node("Add", h, mix(g, ops, config, tensors, prefix, layer, x))
        x = ops.norm(h, tensors[f"{prefix}ffn_norm.weight"])
        prefix += "feed_forward."
        h = g.node("Add", h, dense(g, ops, tensors, prefix, x) if f"{prefix}w1.weight" in tensors
                   else experts(g, config, tensors, prefix, x))
    g.node("MatMul", ops.norm(h, tensors["model.embedding_norm.weight"]), g.node("Transpose", embedding, perm=[1, 0]),
           names=["logits"])
    g.output("logits", TensorProto.FLOAT, "batch", "tokens", config["vocabulary"])
    g.save(path)


def read_config(path):
    c = json.loads(path.read_text())
    return {
        "hidden": c["hidden_size"], "layers": c["layer_types"], "vocabulary": c["vocab_size"],
        "context": c["max_position_embeddings"], "heads": c["num_attention_heads"],
        "kv_heads": c["num_key_value_heads"], "head_size": c["hidden_size"] // c["num_attention_heads"],
        "theta": c["rope_parameters"]["rope_theta"], "epsilon": c["norm_eps"], "width": c["conv_L_cache"],
        "experts": c["num_experts"], "used": c["num_experts_per_tok"], "normalise": c["norm_topk_prob"],
        "scale": c["routed_scaling_factor"],
    }


def main():
    parser = argparse.ArgumentParser(description="Exports the nano model as ONNX graphs.")
    parser.add_argument("model", type=Path)
    parser.add_argument("out", type=Path)
    arguments = parser.parse_args()
    config = read_config(arguments.model / "config.json")
    tensors = read_safetensors(arguments.model / "model.safetensors")
    graphs = arguments.out / "onnx"
    graphs.mkdir(parents=True, exist_ok=True)
    for name in ("config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json",
                 "chat_template.jinja"):
        if (arguments.model / name).exists():
            shutil.copy(arguments.model / name, arguments.out / name)
    export(config, tensors, StandardOperators, graphs / "model.onnx")
    export(config, tensors, ContributedOperators, graphs / "model_q4.onnx")


if __name__ == "__main__":
    main()
