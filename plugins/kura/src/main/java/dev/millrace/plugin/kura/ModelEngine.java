/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.kura;

import dev.millrace.api.Conversation;
import dev.millrace.api.Generation;
import dev.millrace.api.Millrace;
import dev.millrace.api.MillraceException;
import dev.millrace.api.Model;
import dev.millrace.api.ToolProvider;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.eclipse.kura.KuraException;
import org.eclipse.kura.KuraIOException;
import org.eclipse.kura.ai.inference.InferenceEngineService;
import org.eclipse.kura.ai.inference.ModelInfo;
import org.eclipse.kura.ai.inference.ModelInfoBuilder;
import org.eclipse.kura.ai.inference.Tensor;
import org.eclipse.kura.ai.inference.TensorDescriptor;
import org.eclipse.kura.ai.inference.TensorDescriptorBuilder;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;

/**
 * Models of the runtime as models of Kura. Each has one input, the tensor {@value #PROMPT}, and one output, the tensor {@value #TEXT}: texts
 * of Java, of any number. Each prompt is a conversation of its own, with the tools that plugins offer.
 */
@Component(service = InferenceEngineService.class)
public final class ModelEngine implements InferenceEngineService {

    /** The input: one question for each text. */
    public static final String PROMPT = "prompt";
    /** The output: one answer for each question. */
    public static final String TEXT = "text";

    private static final String STRING = "STRING";
    private static final long ANY_NUMBER = -1;

    private final Millrace millrace;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<String, Model> loaded = new HashMap<>();

    /** An engine of a runtime. */
    @Activate
    public ModelEngine(@Reference Millrace millrace) {
        this.millrace = millrace;
    }

    @Override
    public List<Tensor> infer(ModelInfo info, List<Tensor> inputs) throws KuraException {
        Model model = find(info.getName()).orElseThrow(() -> new KuraIOException(
                "The model " + info.getName() + " is not loaded: call loadModel first."));
        List<String> prompts = prompts(inputs);
        List<String> answers = new ArrayList<>();
        for (String prompt : prompts) {
            answers.add(answer(model, prompt));
        }
        return List.of(new Tensor(String.class, descriptor(TEXT, answers.size()), answers));
    }

    private String answer(Model model, String prompt) throws KuraIOException {
        try (Conversation conversation = model.conversation()
                .tools(millrace.toolProviders().toArray(ToolProvider[]::new)).start();
                Generation generation = conversation.send(prompt)) {
            return generation.answer().text();
        } catch (MillraceException | IllegalArgumentException | IllegalStateException e) {
            throw failed(e);
        }
    }

    private static List<String> prompts(List<Tensor> inputs) throws KuraIOException {
        if (inputs.size() != 1 || !inputs.getFirst().getDescriptor().getName().equals(PROMPT)) {
            throw new KuraIOException("A language model takes one tensor, named " + PROMPT + ".");
        }
        return inputs.getFirst().getData(String.class).orElseThrow(() -> new KuraIOException("The tensor " + PROMPT
                + " holds texts, not " + inputs.getFirst().getType().getSimpleName() + "."));
    }

    @Override
    public void loadModel(String name, Optional<String> path) throws KuraException {
        lock.lock();
        try {
            if (!loaded.containsKey(name)) {
                loaded.put(name, millrace.open(path.orElse(name)));
            }
        } catch (MillraceException | IllegalStateException e) {
            throw failed(e);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void unloadModel(String name) throws KuraException {
        Model model;
        lock.lock();
        try {
            model = loaded.remove(name);
        } finally {
            lock.unlock();
        }
        if (model == null) {
            throw new KuraIOException("The model " + name + " is not loaded.");
        }
        model.close();
    }

    private Optional<Model> find(String name) {
        lock.lock();
        try {
            return Optional.ofNullable(loaded.get(name));
        } finally {
            lock.unlock();
        }
    }

    @Override
    public boolean isModelLoaded(String name) {
        return find(name).isPresent();
    }

    /** Those that can be loaded by their names, and those that are loaded. */
    @Override
    public List<String> getModelNames() throws KuraException {
        List<String> names = new ArrayList<>(models());
        lock.lock();
        try {
            loaded.keySet().stream().filter(name -> !names.contains(name)).sorted().forEach(names::add);
        } finally {
            lock.unlock();
        }
        return List.copyOf(names);
    }

    private List<String> models() throws KuraIOException {
        try {
            return millrace.models();
        } catch (MillraceException | IllegalStateException e) {
            throw failed(e);
        }
    }

    @Override
    public Optional<ModelInfo> getModelInfo(String name) {
        return find(name).map(model -> {
            dev.millrace.api.ModelInfo info = model.info();
            return ModelInfoBuilder.builder(name).platform("millrace").version("1")
                    .addParameter("architecture", info.architecture()).addParameter("parameters", info.parameters())
                    .addParameter("contextLength", info.contextLength()).addParameter("device", model.device().id())
                    .addInputDescriptor(descriptor(PROMPT, ANY_NUMBER))
                    .addOutputDescriptor(descriptor(TEXT, ANY_NUMBER)).build();
        });
    }

    private static TensorDescriptor descriptor(String name, long number) {
        return TensorDescriptorBuilder.builder(name, STRING, List.of(number)).build();
    }

    /** Whether there is a model to be loaded. */
    @Override
    public boolean isEngineReady() throws KuraException {
        return !models().isEmpty();
    }

    private static KuraIOException failed(Exception cause) {
        return new KuraIOException(cause, String.valueOf(cause.getMessage()));
    }

    /** Closes all models. */
    @Deactivate
    public void close() {
        List<Model> open;
        lock.lock();
        try {
            open = List.copyOf(loaded.values());
            loaded.clear();
        } finally {
            lock.unlock();
        }
        open.forEach(Model::close);
    }
}
