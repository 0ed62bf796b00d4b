/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine;

import dev.millrace.api.Device;
import dev.millrace.api.DeviceVerdict;
import dev.millrace.api.EmbeddingModel;
import dev.millrace.api.Metric;
import dev.millrace.api.Millrace;
import dev.millrace.api.MillraceException;
import dev.millrace.api.Model;
import dev.millrace.api.ModelFormatException;
import dev.millrace.api.ModelHealth;
import dev.millrace.api.ModelInfo;
import dev.millrace.api.ModelNotFoundException;
import dev.millrace.api.ModelOptions;
import dev.millrace.api.Progress;
import dev.millrace.api.Tool;
import dev.millrace.api.ToolApprover;
import dev.millrace.api.ToolGuard;
import dev.millrace.api.ToolListener;
import dev.millrace.api.ToolProvider;
import dev.millrace.api.ToolReport;
import dev.millrace.api.ToolRequest;
import dev.millrace.api.ToolResult;
import dev.millrace.api.ToolSelection;
import dev.millrace.api.ToolSelector;
import dev.millrace.api.setting.SettingGroup;
import dev.millrace.api.setting.Settings;
import dev.millrace.engine.cache.PrefixRoom;
import dev.millrace.engine.observe.Meters;
import dev.millrace.engine.remote.RemoteEncoder;
import dev.millrace.engine.remote.RunningRemote;
import dev.millrace.engine.talk.Extensions;
import dev.millrace.engine.tools.Admission;
import dev.millrace.engine.tools.MixedSelector;
import dev.millrace.engine.tools.ToolGate;
import dev.millrace.engine.tools.ToolResults;
import dev.millrace.engine.tools.ToolRunner;
import dev.millrace.formats.Diagnosis;
import dev.millrace.formats.GgufFormat;
import dev.millrace.machine.CacheFolder;
import dev.millrace.machine.Memory;
import dev.millrace.spi.backend.Backend;
import dev.millrace.spi.model.Encoder;
import dev.millrace.spi.model.ModelFile;
import dev.millrace.spi.model.ModelFormat;
import dev.millrace.spi.model.ModelSource;
import dev.millrace.spi.model.PackagedModel;
import dev.millrace.spi.model.VocabularySource;
import dev.millrace.spi.remote.RemoteModel;
import dev.millrace.spi.remote.RemoteModels;
import dev.millrace.spi.text.Dialect;
import dev.millrace.spi.text.SamplerStage;
import dev.millrace.text.dialect.ToolArguments;
import dev.millrace.text.tokenizer.PromptTokenizer;
import dev.millrace.text.tokenizer.Tokenizers;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadFactory;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.annotations.ReferencePolicyOption;

/**
 * The runtime. In OSGi a component that plugins come to and leave while it works; on a plain class path made by
 * {@link Millrace#start()}.
 */
@Component(service = {Millrace.class, Engine.class}, immediate = true, configurationPid = EngineSettings.PID)
public final class Engine implements Millrace {

    private static final System.Logger LOG = System.getLogger(Engine.class.getName());
    private static final long LEAST_PREFIX_MEMORY = 64L << 20;

    private final Services services;
    private final Path cache;
    private final List<ModelSource> own;
    private final List<RunningModel> models = new CopyOnWriteArrayList<>();
    private final Set<RunningEncoder> encoders = ConcurrentHashMap.newKeySet();
    private final List<RunningRemote> remotes = new CopyOnWriteArrayList<>();
    private final Set<RemoteEncoder> remoteEncoders = ConcurrentHashMap.newKeySet();
    private final Meters meters = new Meters();
    private final Speeds speeds;
    private volatile boolean closed;

    /** An engine to which plugins are brought by hand. */
    public Engine() {
        this(new Services(), CacheFolder.ofUser().path());
    }

    /**
     * For OSGi: plugins are bound as they come.
     *
     * @param configuration values of {@link EngineSettings}
     */
    @Activate
    public Engine(Map<String, ?> configuration) {
        this();
        configure(configuration);
    }

    /**
     * The configuration has changed. What counts at once does; the rest counts for models that are opened from now on.
     *
     * @param configuration values of {@link EngineSettings}
     */
    @Modified
    void configure(Map<String, ?> configuration) {
        services.settings = services.settings.configured(configuration,
                complaint -> LOG.log(System.Logger.Level.WARNING, complaint));
    }

    Engine(Services services, Path cache) {
        this.services = services;
        this.cache = cache;
        this.speeds = new Speeds(cache.resolve("speeds"));
        this.own = List.of(new PackagedModels(() -> services.models, cache), new ModelPaths());
    }

    /** Makes engines for {@link Millrace#start()}. */
    public static final class Starter implements Millrace.Starter {

        /** For the service loader. */
        public Starter() {
        }

        @Override
        public Millrace start() {
            Engine engine = new Engine(Services.onClassPath(Engine.class.getClassLoader()),
                    CacheFolder.ofUser().path());
            engine.services.selectors.forEach(selector -> selector.joined(engine));
            return engine;
        }
    }

    @Override
    public Model open(String reference, ModelOptions options) {
        tellUnknownSettings();
        Optional<RemoteModel> remote = services.remotes.stream().map(each -> each.open(reference))
                .flatMap(Optional::stream).findFirst();
        return remote.isPresent() ? elsewhere(remote.get(), options) : openHere(reference, options);
    }

    private Model elsewhere(RemoteModel remote, ModelOptions options) {
        String name = remote.info().name();
        RunningRemote model = new RunningRemote(remote, reference -> openHere(reference, options),
                new Extensions(() -> services.guards, services.watch, () -> services.stages,
                        () -> services.tools, List::of,
                        services::toolSelectors,
                        services.settings.find(EngineSettings.TOOLS, name).value().orElse(ToolSelection.DEFAULT)),
                meters.of(name), ModelLimits.of(services.settings, name).answers(), InstantSource.system(),
                remotes::remove);
        remotes.add(model);
        if (closed) {
            model.close();
            throw new IllegalStateException("Millrace is closed.");
        }
        return model;
    }

    private Model openHere(String reference, ModelOptions options) {
        ModelSource.Resolved found = find(reference, options.progress());
        Loaded loaded = load(found.path(), options);
        RunningModel model;
        try {
            model = new RunningModel(loaded.model(), loaded.running(), loaded.verdicts(), services, this::chooser,
                    options, found.suggestedTools(),
                    prefixRoom(), meters.of(loaded.model().file().name()), models::remove);
        } catch (RuntimeException | Error e) {
            loaded.model().close();
            throw e;
        }
        models.add(model);
        if (closed) {
            model.close();
            throw new IllegalStateException("Millrace is closed.");
        }
        // from now on it is told of backends that go away; what went before is seen here
        model.leaveIfGone();
        return model;
    }

    /** Once there is a model to open, all that can be set is known. */
    private void tellUnknownSettings() {
        if (!services.groups.isEmpty()) {
            services.unknown.tell(services.groups, complaint -> LOG.log(System.Logger.Level.WARNING, complaint));
        }
    }

    @Override
    public EmbeddingModel openEmbeddings(String reference, ModelOptions options) {
        Optional<EmbeddingModel> remote = services.remotes.stream().map(each -> each.openEmbeddings(reference))
                .flatMap(Optional::stream).findFirst();
        return remote.isPresent() ? vectorsElsewhere(remote.get()) : vectorsHere(reference, options);
    }

    private EmbeddingModel vectorsElsewhere(EmbeddingModel remote) {
        RemoteEncoder model = new RemoteEncoder(remote, remoteEncoders::remove);
        remoteEncoders.add(model);
        if (closed) {
            model.close();
            throw new IllegalStateException("Millrace is closed.");
        }
        return model;
    }

    private EmbeddingModel vectorsHere(String reference, ModelOptions options) {
        ModelFile file = read(find(reference, options.progress()).path());
        RunningEncoder model;
        try {
            if (!(file.program() instanceof Encoder encoder)) {
                throw new ModelFormatException(file.path(), "model",
                        "generates text and gives no embeddings; take an ONNX export of a sentence encoder");
            }
            PromptTokenizer tokenizer = tokenizer(file);
            Placement place = chooser(file).choose(file.programs(), options.withContext(encoder.contextLength()))
                    .place();
            model = new RunningEncoder(file, encoder, tokenizer, place,
                    place.backend().loadEncoder(encoder, place.device(), place.options(), options.progress()),
                    encoders::remove);
        } catch (RuntimeException | Error e) {
            file.close();
            throw e;
        }
        encoders.add(model);
        if (closed) {
            model.close();
            throw new IllegalStateException("Millrace is closed.");
        }
        return model;
    }

    /**
     * Opens a model file without loading weights.
     *
     * @param reference as in {@link #open(String)}
     * @return the file, closed by the caller
     * @throws dev.millrace.api.ModelNotFoundException if nothing has that name or path
     * @throws ModelFormatException if the file cannot be read as a model
     */
    public ModelFile file(String reference) {
        return read(find(reference, Progress.NONE).path());
    }

    /**
     * What an open file is.
     *
     * @param file a model file
     * @return name, architecture, sizes, with the model's own context
     */
    public ModelInfo info(ModelFile file) {
        return ModelFacts.of(file, file.program().contextLength());
    }

    /**
     * Loads a model for raw access to ids and logits.
     *
     * @param reference as in {@link #open(String)}
     * @param options backend, context, threads, precision, type of keys and values, progress listener
     * @return the loaded model, closed by the caller
     * @throws dev.millrace.api.ModelNotFoundException if nothing has that name or path
     * @throws ModelFormatException if the file cannot be read as a model
     * @throws dev.millrace.api.BackendException if no backend can run it
     */
    public LoadedModel load(String reference, ModelOptions options) {
        return load(find(reference, options.progress()).path(), options).model();
    }

    /**
     * The tokenizer of an open file.
     *
     * @param file a model file
     * @return its tokenizer
     * @throws ModelFormatException if it has no vocabulary, or one that cannot be read
     */
    public PromptTokenizer tokenizer(ModelFile file) {
        return tokenizer(file.path(), file.vocabulary());
    }

    private static PromptTokenizer tokenizer(Path path, Optional<? extends VocabularySource> source) {
        try {
            return Tokenizers.of(
                    source.orElseThrow(() -> new ModelFormatException(path, "vocabulary",
                            new GgufFormat().recognises(path)
                                    ? "the file has none"
                                    : "tokenizer.json is missing; download it to the folder, from where the weights are")));
        } catch (ModelFormatException e) {
            throw e;
        } catch (MillraceException e) {
            throw new ModelFormatException(path, "vocabulary", e.getMessage(), e);
        }
    }

    /**
     * The tokenizer of a model. Of a GGUF file it is read by itself, so that the file may hold nothing else, and be of any
     * architecture.
     *
     * @param reference as in {@link #open(String)}
     * @return its tokenizer
     * @throws dev.millrace.api.ModelNotFoundException if nothing has that name or path
     * @throws ModelFormatException if it has no vocabulary, or one that cannot be read
     */
    public PromptTokenizer tokenizer(String reference) {
        Path path = find(reference, Progress.NONE).path();
        if (new GgufFormat().recognises(path)) {
            return tokenizer(path, GgufFormat.vocabulary(path));
        }
        try (ModelFile file = read(path)) {
            return tokenizer(file);
        }
    }

    /** A quarter of the memory that is left beside the weights, and a gigabyte of the disk unless it is switched off. */
    private PrefixRoom prefixRoom() {
        Settings settings = services.settings;
        Path folder = settings.get(EngineSettings.PREFIXES).equals("off") ? null : cache.resolve("prefixes");
        return new PrefixRoom(settings.find(EngineSettings.PREFIXES_MEMORY, "").value()
                .orElseGet(() -> Math.max(LEAST_PREFIX_MEMORY, Memory.now().available() / 4)),
                Math.toIntExact(settings.get(EngineSettings.PREFIXES_NUMBER)), folder,
                settings.get(EngineSettings.PREFIXES_DISK));
    }

    private ModelSource.Resolved find(String reference, Progress progress) {
        if (closed) {
            throw new IllegalStateException("Millrace is closed.");
        }
        if (services.remotes.stream().anyMatch(each -> each.names().contains(reference))) {
            throw new ModelNotFoundException("The model " + reference
                    + " runs elsewhere, and its files are not here: it can be talked to, and nothing else.");
        }
        return sources().map(source -> source.resolve(reference, progress)).flatMap(Optional::stream).findFirst()
                .orElseThrow(() -> missing(reference));
    }

    /** The sources of plugins, then the two of the engine, in the order in which they are asked. */
    private Stream<ModelSource> sources() {
        return Stream.concat(services.sources.stream(), own.stream())
                .sorted(Comparator.comparingInt(ModelSource::order));
    }

    private ModelNotFoundException missing(String reference) {
        String names = String.join(", ", models());
        return new ModelNotFoundException(
                "There is no model \"" + reference + "\": give a .gguf file, a Hugging Face or ONNX folder"
                        + (names.isEmpty() ? "" : " or one of the packaged models (" + names + ")") + ".");
    }

    private ModelFile read(Path path) {
        for (ModelFormat format : services.formats) {
            if (format.recognises(path)) {
                return format.open(path);
            }
        }
        String known = services.formats.stream().map(ModelFormat::id).sorted().collect(Collectors.joining(", "));
        throw new ModelFormatException(path, "format",
                known.isEmpty()
                        ? "no format is present: add the jar or bundle dev.millrace.formats"
                        : Diagnosis.of(path));
    }

    private record Loaded(LoadedModel model, LoadedProgram running, List<DeviceVerdict> verdicts) {
    }

    private Loaded load(Path path, ModelOptions options) {
        ModelFile file = read(path);
        try {
            if (file.program() instanceof Encoder) {
                throw new ModelFormatException(file.path(), "model",
                        "turns texts into vectors and generates none; open it for embeddings");
            }
            PromptTokenizer tokenizer = tokenizer(file);
            file.checkWeights();
            if (services.settings.get(EngineSettings.MEASURE, file.name()) == SpeedUse.ON
                    && options.backend() == null) {
                measure(file, options);
            }
            Choice choice = chooser(file).choose(file.programs(), options);
            Placement place = choice.place();
            LoadedProgram running = place.load(file, meters.of(file.name()), options.progress());
            return new Loaded(new LoadedModel(file, place.program(), tokenizer, place.device(), place.options(),
                    running.executor()), running, choice.verdicts());
        } catch (RuntimeException | Error e) {
            file.close();
            throw e;
        }
    }

    @Override
    public List<String> models() {
        return Stream.concat(services.remotes.stream().flatMap(each -> each.names().stream()),
                sources().flatMap(source -> source.names().stream())).distinct().sorted().toList();
    }

    @Override
    public List<String> embeddingModels() {
        return services.models.stream().filter(PackagedModel::givesEmbeddings).map(PackagedModel::name).distinct()
                .sorted()
                .toList();
    }

    @Override
    public List<Device> devices() {
        return services.backends.stream().flatMap(backend -> backend.devices().stream()).toList();
    }

    /**
     * How each device would fare if a model was opened now.
     *
     * @param file a model file
     * @param options as for opening it
     * @return one verdict per device, and one for each backend that sees none; none is chosen if no device would run the model
     */
    public List<DeviceVerdict> verdicts(ModelFile file, ModelOptions options) {
        return chooser(file).verdicts(file.programs(), options);
    }

    /**
     * Tries a model on each device that would run it and was not tried yet, one after the other: loads it there, reads and generates for
     * half a second, and closes it. What is found counts for choices from now on, also after a restart.
     *
     * @param file a model file
     * @param options as for opening it
     */
    public void measure(ModelFile file, ModelOptions options) {
        List<Placement> places = chooser(file).places(file.programs(), options);
        if (places.size() < 2) {
            return;
        }
        for (Placement place : places) {
            if (speeds.of(file, place) == 0) {
                try {
                    double speed = speeds.measure(file, place, options.progress());
                    LOG.log(System.Logger.Level.INFO, "{0} does {1} tokens per second on {2}.", file.name(),
                            String.format(Locale.ROOT, "%.0f", speed), place.device().id());
                } catch (MillraceException | UncheckedIOException e) {
                    services.backOff.failed(place.backend(), place.device(), String.valueOf(e.getMessage()));
                }
            }
        }
    }

    private Chooser chooser(ModelFile file) {
        return chooser(services.backends, file, null);
    }

    private Chooser chooser(List<Backend> among, ModelFile file, @Nullable RunningModel moving) {
        boolean counts = services.settings.get(EngineSettings.MEASURE, file.name()) != SpeedUse.OFF;
        return new Chooser(among, services.preferences(file.name()), services.backOff,
                device -> promised(device, moving), place -> counts ? speeds.of(file, place) : 0);
    }

    /** Bytes that open models, but for one, may still take of the memory of a device. */
    private long promised(Device device, @Nullable RunningModel except) {
        return models.stream().filter(model -> !model.equals(except))
                .filter(model -> model.device().memoryBytes() == device.memoryBytes())
                .mapToLong(RunningModel::promised).sum();
    }

    @Override
    public List<Metric> metrics() {
        List<Metric> all = new ArrayList<>();
        meters.tell(all::add);
        services.watch.hanging().tell(all::add);
        ModelGauges.tell(models.stream().map(RunningModel::gauges).toList(), all::add);
        all.add(new Metric.Gauge("memory_available_bytes", "Memory of the machine that is free.", Map.of(),
                Memory.now().available()));
        all.sort(Comparator.comparing(Metric::name).thenComparing(metric -> metric.labels().toString()));
        return List.copyOf(all);
    }

    @Override
    public List<ModelHealth> health() {
        return Stream.concat(models.stream().map(RunningModel::health), remotes.stream().map(RunningRemote::health))
                .toList();
    }

    @Override
    public List<ToolProvider> toolProviders() {
        return services.tools.stream().sorted(Comparator.comparing(ToolProvider::name)).toList();
    }

    @Override
    public List<ToolGuard> toolGuards() {
        return List.copyOf(services.guards);
    }

    @Override
    public ToolResult runTool(Tool tool, ToolRequest request, ToolApprover approver, Progress progress)
            throws InterruptedException {
        ThreadFactory threads = Thread.ofVirtual().name("millrace-tool").factory();
        ToolRunner runner = new ToolRunner(services.watch, threads);
        ToolArguments.Verdict fit = ToolArguments.check(request.tool(), request.call());
        if (fit instanceof ToolArguments.Refused refused) {
            return runner.refused(request, ToolReport.Verdict.REFUSED, refused.message());
        }
        Admission admission = new ToolGate(() -> services.guards, threads)
                .admit(request.with(((ToolArguments.Accepted) fit).call()), approver);
        ToolResult result = runner.run(admission, tool, progress);
        return admission.characters().isPresent()
                ? ToolResults.beginning(result, admission.characters().getAsInt())
                : result;
    }

    /**
     * Selectors of tools that are here now.
     *
     * @return in the order in which they are asked; never empty, for one is the engine's own
     */
    public List<ToolSelector> toolSelectors() {
        return services.toolSelectors();
    }

    /**
     * What conversations go by: all selectors of tools that are here, mixed.
     *
     * @return asks those that are here when it is asked itself
     */
    public ToolSelector toolChoice() {
        return new MixedSelector(services::toolSelectors);
    }

    @Override
    @Deactivate
    public void close() {
        closed = true;
        // all at once: who is waited for has been told before
        remotes.forEach(RunningRemote::cancel);
        models.forEach(RunningModel::cancel);
        remotes.forEach(RunningRemote::close);
        models.forEach(RunningModel::close);
        encoders.forEach(RunningEncoder::close);
        remoteEncoders.forEach(RemoteEncoder::close);
    }

    // ---- plugins come and go

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC, policyOption = ReferencePolicyOption.GREEDY)
    void addBackend(Backend backend) {
        services.backends.add(backend);
        models.forEach(model -> model.joined(backend));
    }

    /**
     * Models on that backend move to another one, or end. Moving takes its time, so it is not waited for. Those that turn texts into
     * vectors end: they keep nothing, and are opened again in a moment.
     */
    void removeBackend(Backend backend) {
        services.backends.remove(backend);
        services.backOff.forget(backend);
        for (RunningModel model : models) {
            model.leave(backend);
        }
        encoders.stream().filter(model -> model.runsOn(backend)).forEach(RunningEncoder::close);
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC, policyOption = ReferencePolicyOption.GREEDY)
    void addFormat(ModelFormat format) {
        services.formats.add(format);
    }

    void removeFormat(ModelFormat format) {
        services.formats.remove(format);
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC, policyOption = ReferencePolicyOption.GREEDY)
    void addDialect(Dialect dialect) {
        services.dialects.add(dialect);
    }

    void removeDialect(Dialect dialect) {
        services.dialects.remove(dialect);
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC, policyOption = ReferencePolicyOption.GREEDY)
    void addModel(PackagedModel model) {
        services.models.add(model);
    }

    void removeModel(PackagedModel model) {
        services.models.remove(model);
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC, policyOption = ReferencePolicyOption.GREEDY)
    void addTools(ToolProvider provider) {
        services.tools.add(provider);
    }

    void removeTools(ToolProvider provider) {
        services.tools.remove(provider);
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC, policyOption = ReferencePolicyOption.GREEDY)
    void addGuard(ToolGuard guard) {
        services.guards.add(guard);
    }

    void removeGuard(ToolGuard guard) {
        services.guards.remove(guard);
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC, policyOption = ReferencePolicyOption.GREEDY)
    void addListener(ToolListener listener) {
        services.listeners.add(listener);
    }

    void removeListener(ToolListener listener) {
        services.listeners.remove(listener);
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC, policyOption = ReferencePolicyOption.GREEDY)
    void addSelector(ToolSelector selector) {
        selector.joined(this);
        services.selectors.add(selector);
    }

    void removeSelector(ToolSelector selector) {
        services.selectors.remove(selector);
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC, policyOption = ReferencePolicyOption.GREEDY)
    void addStage(SamplerStage.Factory factory) {
        services.stages.add(factory);
    }

    void removeStage(SamplerStage.Factory factory) {
        services.stages.remove(factory);
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC, policyOption = ReferencePolicyOption.GREEDY)
    void addSettings(SettingGroup group) {
        services.groups.add(group);
    }

    void removeSettings(SettingGroup group) {
        services.groups.remove(group);
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC, policyOption = ReferencePolicyOption.GREEDY)
    void addRemotes(RemoteModels models) {
        services.remotes.add(models);
    }

    void removeRemotes(RemoteModels models) {
        services.remotes.remove(models);
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC, policyOption = ReferencePolicyOption.GREEDY)
    void addSource(ModelSource source) {
        services.sources.add(source);
    }

    void removeSource(ModelSource source) {
        services.sources.remove(source);
    }
}
