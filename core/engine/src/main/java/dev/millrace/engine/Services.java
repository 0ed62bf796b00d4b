/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine;

import dev.millrace.api.ToolGuard;
import dev.millrace.api.ToolListener;
import dev.millrace.api.ToolProvider;
import dev.millrace.api.ToolSelector;
import dev.millrace.api.setting.SettingGroup;
import dev.millrace.api.setting.Settings;
import dev.millrace.engine.schedule.Patience;
import dev.millrace.engine.tools.Bm25Selector;
import dev.millrace.engine.tools.HangingCalls;
import dev.millrace.engine.tools.ToolWatch;
import dev.millrace.spi.backend.Backend;
import dev.millrace.spi.model.ModelFormat;
import dev.millrace.spi.model.ModelSource;
import dev.millrace.spi.model.PackagedModel;
import dev.millrace.spi.remote.RemoteModels;
import dev.millrace.spi.text.Dialect;
import dev.millrace.spi.text.SamplerStage;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.List;
import java.util.ServiceLoader;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;

/** What plugins offer at this moment. Services come and go on any thread; a reader sees a consistent list. */
final class Services {

    final List<Backend> backends = new CopyOnWriteArrayList<>();
    final List<ModelFormat> formats = new CopyOnWriteArrayList<>();
    final List<Dialect> dialects = new CopyOnWriteArrayList<>();
    final List<PackagedModel> models = new CopyOnWriteArrayList<>();
    final List<RemoteModels> remotes = new CopyOnWriteArrayList<>();
    final List<ModelSource> sources = new CopyOnWriteArrayList<>();
    final List<ToolProvider> tools = new CopyOnWriteArrayList<>();
    final List<ToolGuard> guards = new CopyOnWriteArrayList<>();
    final List<ToolListener> listeners = new CopyOnWriteArrayList<>();
    final ToolWatch watch = new ToolWatch(() -> listeners, new HangingCalls());
    final List<ToolSelector> selectors = new CopyOnWriteArrayList<>();
    final List<SamplerStage.Factory> stages = new CopyOnWriteArrayList<>();
    final BackOff backOff = new BackOff(InstantSource.system());
    final List<SettingGroup> groups = new CopyOnWriteArrayList<>();
    final UnknownSettings unknown = new UnknownSettings();
    /** What is set now. */
    volatile Settings settings = Settings.ofSystem(new EngineSettings());
    /** How long backends may take. */
    volatile Patience patience = Patience.DEFAULT;

    /** Selectors of tools in the order in which they are asked: those of plugins, and the engine's own, which is always there. */
    List<ToolSelector> toolSelectors() {
        return Stream.concat(selectors.stream(), Stream.of(new Bm25Selector()))
                .sorted(Comparator.comparingInt(ToolSelector::order)).toList();
    }

    /** Where somebody wants a model to run. */
    Preferences preferences(String model) {
        Settings.Found<Preferences> found = settings.find(EngineSettings.BACKENDS, model);
        return found.value().orElse(Preferences.NONE).from(found.name());
    }

    /** What stands on the class path. */
    static Services onClassPath(ClassLoader loader) {
        Services services = new Services();
        ServiceLoader.load(Backend.class, loader).forEach(services.backends::add);
        ServiceLoader.load(ModelFormat.class, loader).forEach(services.formats::add);
        ServiceLoader.load(Dialect.class, loader).forEach(services.dialects::add);
        ServiceLoader.load(PackagedModel.class, loader).forEach(services.models::add);
        ServiceLoader.load(RemoteModels.class, loader).forEach(services.remotes::add);
        ServiceLoader.load(ModelSource.class, loader).forEach(services.sources::add);
        ServiceLoader.load(ToolProvider.class, loader).forEach(services.tools::add);
        ServiceLoader.load(ToolGuard.class, loader).forEach(services.guards::add);
        ServiceLoader.load(ToolListener.class, loader).forEach(services.listeners::add);
        ServiceLoader.load(ToolSelector.class, loader).forEach(services.selectors::add);
        ServiceLoader.load(SamplerStage.Factory.class, loader).forEach(services.stages::add);
        ServiceLoader.load(SettingGroup.class, loader).forEach(services.groups::add);
        return services;
    }
}
