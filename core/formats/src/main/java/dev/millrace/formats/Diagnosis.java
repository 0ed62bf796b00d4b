/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats;

import dev.millrace.formats.content.FileKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** Says what a file or folder is that no format takes for a model, and what to do about it. */
public final class Diagnosis {

    private static final int SHOWN = 3;

    private Diagnosis() {
    }

    /**
     * What it is.
     *
     * @param path an existing file or folder
     * @return a clause without the name
     */
    public static String of(Path path) {
        if (Files.isDirectory(path)) {
            return folder(path);
        }
        if (!Files.isRegularFile(path)) {
            return "is a device, a pipe or a socket, and no file; save the model to a file";
        }
        String name = String.valueOf(path.getFileName()).toLowerCase(Locale.ROOT);
        Path parent = path.toAbsolutePath().getParent();
        if (parent != null && (name.equals("config.json") || name.endsWith(".index.json"))) {
            return "is one file of a model; give its folder, " + parent;
        }
        if (List.of(".part", ".crdownload", ".incomplete", ".aria2", ".tmp").stream().anyMatch(name::endsWith)) {
            return "is a download that has not ended; fetch it again";
        }
        return FileKind.of(path).orElse("is not a model in a format that is known (GGUF, safetensors, ONNX)");
    }

    private static String folder(Path path) {
        List<String> names;
        try (Stream<Path> files = Files.list(path)) {
            names = files.map(file -> String.valueOf(file.getFileName())).sorted().toList();
        } catch (IOException e) {
            return "cannot be listed: " + e.getMessage();
        }
        List<String> tensors = ending(names, ".safetensors");
        List<String> gguf = ending(names, ".gguf");
        List<String> torch = names.stream().filter(name -> (name.startsWith("pytorch_model") && name.endsWith(".bin"))
                || name.endsWith(".pth") || name.endsWith(".pt")).toList();
        if (names.isEmpty()) {
            return "is an empty folder; give a folder with a model's files, or a .gguf file";
        }
        if (names.contains("adapter_config.json") || tensors.contains("adapter_model.safetensors")
                || names.contains("adapter_model.bin")) {
            return "holds a LoRA adapter, not a whole model; merge it into its base model (PEFT's merge_and_unload) and give "
                    + "the folder of the merged one";
        }
        if (gguf.size() > 1) {
            return "holds " + gguf.size() + " GGUF files (" + some(gguf) + "); give one of them as the model";
        }
        if (!tensors.isEmpty() && !names.contains("config.json")) {
            return "holds " + some(tensors)
                    + ", but no config.json, which says what to compute; fetch it from where the "
                    + "weights come from";
        }
        if (!tensors.isEmpty()) {
            return "holds " + some(tensors) + " and no model.safetensors.index.json, which says which of them belong "
                    + "together; fetch it, or leave only the files of one model in the folder";
        }
        if (!torch.isEmpty()) {
            return "holds PyTorch checkpoints (" + some(torch)
                    + "), which could run any code and are not read; take the model's safetensors or GGUF files";
        }
        if (names.contains("snapshots") && names.contains("blobs")) {
            return "is a folder of the hub's cache; give the folder inside its folder snapshots";
        }
        if (names.contains("config.json")) {
            return "has a config.json, but no weights; fetch model.safetensors, or its parts with their index";
        }
        return "is a folder without a model (it holds " + some(names)
                + "); give a .gguf file, or a folder with config.json and safetensors or ONNX files";
    }

    private static List<String> ending(List<String> names, String end) {
        return names.stream().filter(name -> name.toLowerCase(Locale.ROOT).endsWith(end)).toList();
    }

    private static String some(List<String> names) {
        return String.join(", ", names.subList(0, Math.min(SHOWN, names.size())))
                + (names.size() > SHOWN ? " and " + (names.size() - SHOWN) + " others" : "");
    }
}
