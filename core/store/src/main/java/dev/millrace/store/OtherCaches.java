/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.store;

import dev.millrace.api.ModelStore.Kept;
import dev.millrace.api.ModelStore.Licence;
import dev.millrace.json.Json;
import dev.millrace.json.JsonException;
import dev.millrace.store.hub.HubReference;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Models that other programs keep on this machine: Hugging Face's libraries, Ollama, LM Studio. They are read where they are, and
 * nothing there is changed.
 */
final class OtherCaches {

    private static final System.Logger LOG = System.getLogger(OtherCaches.class.getName());
    private static final String OLLAMA = "ollama:";
    private static final String LM_STUDIO = "lmstudio:";
    private static final String MODEL_LAYER = "application/vnd.ollama.image.model";
    private static final int MOST = 2000;

    private final Environment environment;

    OtherCaches(Environment environment) {
        this.environment = environment;
    }

    /** A content by its digest. */
    Optional<Path> content(String sha256, long size) {
        List<Path> places = new ArrayList<>();
        for (Path repository : list(environment.huggingFace())) {
            places.add(repository.resolve("blobs").resolve(sha256));
        }
        environment.ollama().forEach(folder -> places.add(folder.resolve("blobs").resolve("sha256-" + sha256)));
        return places.stream().filter(place -> isOfSize(place, size)).findFirst();
    }

    private static boolean isOfSize(Path file, long size) {
        try {
            return Files.isRegularFile(file) && Files.size(file) == size;
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "not looked at", e);
            return false;
        }
    }

    Optional<Kept> find(String reference) {
        if (reference.startsWith(OLLAMA)) {
            String name = reference.substring(OLLAMA.length());
            return ollama().stream().filter(kept -> kept.name().equals(reference)
                    || kept.name().equals(OLLAMA + name + ":latest")).findFirst();
        }
        if (reference.startsWith(LM_STUDIO)) {
            return lmStudio().stream().filter(kept -> kept.name().equals(reference)).findFirst();
        }
        return HubReference.of(reference).flatMap(this::hub);
    }

    private Optional<Kept> hub(HubReference reference) {
        List<Kept> candidates = Stream.concat(huggingFace().stream(), lmStudio().stream())
                .filter(kept -> kept.source().equals(HubReference.PREFIX + reference.repository())
                        && (reference.revision().isEmpty() || kept.revision().startsWith(reference.revision())))
                .toList();
        if (reference.selector().isEmpty()) {
            return candidates.size() == 1 ? Optional.of(candidates.getFirst()) : Optional.empty();
        }
        String selector = reference.selector().toLowerCase(Locale.ROOT);
        return candidates.stream().filter(kept -> {
            String file = String.valueOf(kept.path().getFileName()).toLowerCase(Locale.ROOT);
            return file.equals(selector) || file.matches(".*[-._]" + java.util.regex.Pattern.quote(selector)
                    + "(-00001-of-\\d{5})?\\.gguf");
        }).findFirst();
    }

    List<Kept> all() {
        return Stream.of(huggingFace(), ollama(), lmStudio()).flatMap(List::stream)
                .sorted(Comparator.comparing(Kept::name)).toList();
    }

    private static Kept kept(String name, String source, String revision, Path path) {
        return new Kept(name, source, revision, path, size(path), true, Licence.UNKNOWN, true, Map.of());
    }

    private static long size(Path path) {
        try (Stream<Path> files = Files.walk(path, 3)) {
            long size = 0;
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                size += Files.size(file);
            }
            return size;
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "not looked at", e);
            return 0;
        }
    }

    /** {@code models--ORG--NAME/snapshots/COMMIT/...}, where {@code refs/main} names the commit that is in use. */
    private List<Kept> huggingFace() {
        List<Kept> found = new ArrayList<>();
        for (Path repository : list(environment.huggingFace())) {
            String[] parts = String.valueOf(repository.getFileName()).split("--", -1);
            if (parts.length < 3 || !parts[0].equals("models")) {
                continue;
            }
            String source = HubReference.PREFIX + parts[1] + "/" + String.join("--", List.of(parts).subList(2,
                    parts.length));
            String commit = text(repository.resolve("refs/main")).strip();
            Path snapshot = repository.resolve("snapshots").resolve(commit);
            if (commit.matches("[0-9a-f]{1,64}") && Files.isDirectory(snapshot)) {
                models(snapshot).forEach(file -> found.add(kept(file.equals(snapshot)
                        ? source
                        : source + ":" + snapshot.relativize(file).toString().replace('\\', '/'), source, commit,
                        file)));
            }
        }
        return found;
    }

    /** The GGUF files of a folder, one of each that is split; or the folder, if it holds tensors or graphs. */
    private static List<Path> models(Path folder) {
        List<Path> files;
        try (Stream<Path> all = Files.walk(folder, 3)) {
            files = all.filter(Files::isRegularFile).limit(MOST).sorted().toList();
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "not looked at", e);
            return List.of();
        }
        List<Path> models = new ArrayList<>();
        for (Path file : files) {
            String name = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
            boolean later = name.matches(".*-\\d{5}-of-\\d{5}\\.gguf") && !name.contains("-00001-of-");
            if (name.endsWith(".gguf") && !name.startsWith("mmproj") && !later) {
                models.add(file);
            }
        }
        boolean tensors = files.stream().map(Path::toString)
                .anyMatch(name -> name.endsWith(".safetensors") || name.endsWith(".onnx"));
        if (models.isEmpty() && tensors && Files.isRegularFile(folder.resolve("config.json"))) {
            models.add(folder);
        }
        return models;
    }

    /** {@code manifests/HOST/OWNER/NAME/TAG}, a list of layers; the model's is a GGUF file among the blobs. */
    private List<Kept> ollama() {
        List<Kept> found = new ArrayList<>();
        for (Path folder : environment.ollama()) {
            for (Path host : list(folder.resolve("manifests"))) {
                for (Path owner : list(host)) {
                    for (Path name : list(owner)) {
                        for (Path tag : list(name)) {
                            String owned = "library".equals(String.valueOf(owner.getFileName()))
                                    ? ""
                                    : owner.getFileName() + "/";
                            model(folder, tag).ifPresent(file -> found.add(kept(
                                    OLLAMA + owned + name.getFileName() + ":" + tag.getFileName(),
                                    OLLAMA + owned + name.getFileName(), "", file)));
                        }
                    }
                }
            }
        }
        return found;
    }

    private static Optional<Path> model(Path folder, Path manifest) {
        try {
            if (Json.parseFile(text(manifest)) instanceof Map<?, ?> map
                    && map.get("layers") instanceof List<?> layers) {
                for (Object each : layers) {
                    if (each instanceof Map<?, ?> layer && MODEL_LAYER.equals(layer.get("mediaType"))
                            && layer.get("digest") instanceof String digest && digest.matches("sha256:[0-9a-f]{64}")) {
                        return Optional.of(folder.resolve("blobs").resolve(digest.replace(':', '-')))
                                .filter(Files::isRegularFile);
                    }
                }
            }
        } catch (JsonException e) {
            LOG.log(System.Logger.Level.DEBUG, "no manifest", e);
        }
        return Optional.empty();
    }

    /** {@code OWNER/NAME/FILE.gguf}, owner and name as on the hub. */
    private List<Kept> lmStudio() {
        List<Kept> found = new ArrayList<>();
        for (Path folder : environment.lmStudio()) {
            for (Path owner : list(folder)) {
                for (Path repository : list(owner)) {
                    String name = owner.getFileName() + "/" + repository.getFileName();
                    models(repository).forEach(file -> found.add(kept(LM_STUDIO + name + (file.equals(repository)
                            ? ""
                            : "/" + repository.relativize(file).toString().replace('\\', '/')),
                            HubReference.PREFIX + name, "", file)));
                }
            }
        }
        return found;
    }

    private static String text(Path file) {
        try {
            return Files.isRegularFile(file) && Files.size(file) < 1 << 20 ? Files.readString(file) : "";
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "not looked at", e);
            return "";
        }
    }

    private static List<Path> list(Path folder) {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> all = Files.list(folder)) {
            return all.filter(path -> !String.valueOf(path.getFileName()).startsWith(".")).limit(MOST).sorted()
                    .toList();
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "not looked at", e);
            return List.of();
        }
    }
}
