/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.util.stream.Stream;

/** Which room may use which. Arrows point one way; what is not listed is forbidden. */
@AnalyzeClasses(locations = Rooms.class)
class ArrowsTest {

    private static final String API = "dev.millrace.api..";
    private static final String SPI = "dev.millrace.spi..";
    private static final String SPI_MODEL = "dev.millrace.spi.model..";
    private static final String SPI_BACKEND = "dev.millrace.spi.backend..";
    private static final String SPI_TEXT = "dev.millrace.spi.text..";
    private static final String SPI_REMOTE = "dev.millrace.spi.remote..";
    private static final String JSON = "dev.millrace.json..";
    private static final String MACHINE = "dev.millrace.machine..";
    private static final String TEXT = "dev.millrace.text..";
    private static final String MARKED = "dev.millrace.text.marked..";
    private static final String TEMPLATE_LIMIT = "dev.millrace.text.template.limit..";
    private static final String TEMPLATE_VALUE = "dev.millrace.text.template.value..";
    private static final String TEMPLATE_SYNTAX = "dev.millrace.text.template.syntax..";
    private static final String TEMPLATE_STRING = "dev.millrace.text.template.string..";
    private static final String TEMPLATE_OPERATOR = "dev.millrace.text.template.operator..";
    private static final String TEMPLATE_BUILTIN = "dev.millrace.text.template.builtin..";
    private static final String TEMPLATE_EVALUATION = "dev.millrace.text.template.evaluation..";
    private static final String FORMATS = "dev.millrace.formats..";
    private static final String ENGINE = "dev.millrace.engine..";
    private static final String GRAMMAR = "dev.millrace.grammar..";
    private static final String ENGINE_OBSERVE = "dev.millrace.engine.observe..";
    private static final String STORE = "dev.millrace.store..";
    private static final String STORE_FETCH = "dev.millrace.store.fetch..";
    private static final String STORE_TRUST = "dev.millrace.store.trust..";
    private static final String STORE_PLUGIN = "dev.millrace.store.plugin..";
    private static final String STORE_HUB = "dev.millrace.store.hub..";
    private static final String ENGINE_SCHEDULE = "dev.millrace.engine.schedule..";
    private static final String ENGINE_CACHE = "dev.millrace.engine.cache..";
    private static final String ENGINE_SAMPLE = "dev.millrace.engine.sample..";
    private static final String ENGINE_TOOLS = "dev.millrace.engine.tools..";
    private static final String ENGINE_DRAFT = "dev.millrace.engine.draft..";
    private static final String ENGINE_TALK = "dev.millrace.engine.talk..";
    private static final String ENGINE_REMOTE = "dev.millrace.engine.remote..";
    private static final String LAUNCHER = "dev.millrace.launcher..";
    private static final String BACKENDS = "dev.millrace.backend..";
    private static final String PLUGINS = "dev.millrace.plugin..";
    private static final String LANGCHAIN4J = "dev.millrace.plugin.langchain4j..";
    private static final String SPRING_AI = "dev.millrace.plugin.springai..";
    private static final String REMOTE = "dev.millrace.plugin.remote..";
    private static final String CLIENT = "dev.millrace.plugin.client..";
    private static final String HTTP = "dev.millrace.plugin.http..";
    private static final String METRICS = "dev.millrace.plugin.metrics..";
    private static final String SAMPLES = "dev.millrace.sample..";
    private static final String TCK = "dev.millrace.tck..";
    private static final String CPU = "dev.millrace.backend.cpu..";
    private static final String CPU_ROOT = "dev.millrace.backend.cpu";
    private static final String CPU_LAYERS = "dev.millrace.backend.cpu.layers..";
    private static final String CPU_KERNELS = "dev.millrace.backend.cpu.kernels..";
    private static final String CPU_SCALAR = "dev.millrace.backend.cpu.kernels.scalar..";
    private static final String CPU_VECTOR = "dev.millrace.backend.cpu.kernels.vector..";
    private static final String CPU_ASSEMBLED = "dev.millrace.backend.cpu.kernels.assembled..";
    private static final String CPU_ASSEMBLER = "dev.millrace.backend.cpu.assembler..";
    private static final String CPU_WEIGHTS = "dev.millrace.backend.cpu.weights..";
    private static final String CPU_KV = "dev.millrace.backend.cpu.kv..";
    private static final String CPU_THREADS = "dev.millrace.backend.cpu.threads..";

    /** Java itself and annotations, which leave nothing behind at run time. */
    private static final String[] GROUND = {"java..", "org.jspecify.annotations..", "org.osgi.annotation..",
            "org.osgi.service.component.annotations.."};

    private static ArchRule only(String room, String... others) {
        return classes().that().resideInAPackage(room).should().onlyDependOnClassesThat()
                .resideInAnyPackage(Stream.concat(Stream.of(GROUND), Stream.concat(Stream.of(room), Stream.of(others)))
                        .toArray(String[]::new));
    }

    private static ArchRule not(String room, String... others) {
        return noClasses().that().resideInAPackage(room).should().dependOnClassesThat().resideInAnyPackage(others)
                // a room may still be empty
                .allowEmptyShould(true);
    }

    @ArchTest
    static final ArchRule API_STANDS_ALONE = only(API);

    @ArchTest
    static final ArchRule CONTRACTS_OF_MODELS_KNOW_THE_API = only(SPI_MODEL, API);

    @ArchTest
    static final ArchRule CONTRACTS_OF_BACKENDS_KNOW_THOSE_OF_MODELS = only(SPI_BACKEND, API, SPI_MODEL);

    @ArchTest
    static final ArchRule CONTRACTS_OF_TEXT_KNOW_THE_API = only(SPI_TEXT, API);

    @ArchTest
    static final ArchRule CONTRACTS_OF_MODELS_ELSEWHERE_KNOW_THOSE_OF_TEXT = only(SPI_REMOTE, API, SPI_TEXT);

    @ArchTest
    static final ArchRule JSON_KNOWS_JACKSON = only(JSON, "com.fasterxml.jackson.core..");

    @ArchTest
    static final ArchRule MACHINE_KNOWS_JAVA = only(MACHINE, "com.sun.management..");

    @ArchTest
    static final ArchRule TEXT_KNOWS_THE_SPI = only(TEXT, API, SPI, JSON);

    @ArchTest
    static final ArchRule MARKED_TEXT_STANDS_ALONE = only(MARKED);

    @ArchTest
    static final ArchRule TEMPLATE_LIMITS_STAND_ALONE = only(TEMPLATE_LIMIT, API);

    @ArchTest
    static final ArchRule TEMPLATE_VALUES_PAY_TO_THE_LIMITS = only(TEMPLATE_VALUE, TEMPLATE_LIMIT, MARKED, JSON);

    @ArchTest
    static final ArchRule TEMPLATE_SYNTAX_KNOWS_VALUES = only(TEMPLATE_SYNTAX, TEMPLATE_VALUE, TEMPLATE_LIMIT, MARKED);

    @ArchTest
    static final ArchRule TEMPLATE_STRINGS_KNOW_VALUES = only(TEMPLATE_STRING, TEMPLATE_VALUE, TEMPLATE_LIMIT, MARKED);

    @ArchTest
    static final ArchRule TEMPLATE_OPERATORS_KNOW_STRINGS = only(TEMPLATE_OPERATOR, TEMPLATE_STRING, TEMPLATE_VALUE,
            TEMPLATE_LIMIT, MARKED);

    @ArchTest
    static final ArchRule TEMPLATE_BUILTINS_KNOW_OPERATORS = only(TEMPLATE_BUILTIN, TEMPLATE_OPERATOR, TEMPLATE_STRING,
            TEMPLATE_VALUE, TEMPLATE_LIMIT, MARKED, JSON);

    @ArchTest
    static final ArchRule TEMPLATE_EVALUATION_RUNS_SYNTAX_WITH_BUILTINS = only(TEMPLATE_EVALUATION, TEMPLATE_SYNTAX,
            TEMPLATE_BUILTIN, TEMPLATE_OPERATOR, TEMPLATE_STRING, TEMPLATE_VALUE, TEMPLATE_LIMIT, MARKED);

    @ArchTest
    static final ArchRule FORMATS_KNOW_THE_SPI = only(FORMATS, API, SPI, JSON, MACHINE);

    @ArchTest
    static final ArchRule GRAMMARS_KNOW_THE_CONTRACTS_OF_TEXT = only(GRAMMAR, API, SPI_TEXT);

    @ArchTest
    static final ArchRule MACHINES_KNOW_NO_SOURCE = only("dev.millrace.grammar.machine..");

    @ArchTest
    static final ArchRule VOCABULARIES_KNOW_THE_MACHINE = only("dev.millrace.grammar.vocabulary..",
            "dev.millrace.grammar.machine..");

    @ArchTest
    static final ArchRule THE_STORE_KNOWS_THE_SPI = only(STORE, API, SPI, JSON, MACHINE, "org.osgi.framework..",
            "org.osgi.service.component.runtime..", "javax.xml.stream..", "javax.net.ssl..");

    @ArchTest
    static final ArchRule INDEXES_STAND_ALONE = only(STORE_PLUGIN, API, "org.osgi.framework..", "javax.xml.stream..");

    @ArchTest
    static final ArchRule DOWNLOADS_STAND_ALONE = only(STORE_FETCH, API, "javax.net.ssl..");

    @ArchTest
    static final ArchRule TRUST_STANDS_ALONE = only(STORE_TRUST, API, JSON, MACHINE);

    @ArchTest
    static final ArchRule HUBS_ARE_ASKED_BY_DOWNLOADS = only(STORE_HUB, STORE_FETCH, API, JSON, MACHINE);

    @ArchTest
    static final ArchRule ENGINE_KNOWS_ALL_CORE_ROOMS = only(ENGINE, API, SPI, JSON, MACHINE, TEXT, FORMATS,
            "jdk.jfr..");

    @ArchTest
    static final ArchRule METERS_STAND_ALONE = only(ENGINE_OBSERVE, API, "jdk.jfr..");

    @ArchTest
    static final ArchRule THE_SCHEDULER_KNOWS_NO_TEXT = only(ENGINE_SCHEDULE, ENGINE_OBSERVE, API, SPI);

    @ArchTest
    static final ArchRule CACHES_KNOW_THE_SCHEDULER = only(ENGINE_CACHE, ENGINE_SCHEDULE, ENGINE_OBSERVE, API, SPI,
            MACHINE);

    @ArchTest
    static final ArchRule GUESSES_KNOW_THE_SCHEDULER = only(ENGINE_DRAFT, ENGINE_SCHEDULE, API, SPI);

    @ArchTest
    static final ArchRule SAMPLING_KNOWS_THE_SCHEDULER = only(ENGINE_SAMPLE, ENGINE_SCHEDULE, API, SPI, TEXT);

    @ArchTest
    static final ArchRule TOOLS_ARE_CHOSEN_AND_RUN_WITHOUT_A_MODEL = only(ENGINE_TOOLS, API, JSON, TEXT);

    @ArchTest
    static final ArchRule CONVERSATIONS_DO_NOT_KNOW_THE_ENGINE = only(ENGINE_TALK, ENGINE_CACHE, ENGINE_SAMPLE,
            ENGINE_DRAFT, ENGINE_TOOLS, ENGINE_SCHEDULE, ENGINE_OBSERVE, API, SPI, TEXT, JSON, MACHINE);

    @ArchTest
    static final ArchRule MODELS_ELSEWHERE_STAND_ON_CONVERSATIONS = only(ENGINE_REMOTE, ENGINE_TALK, ENGINE_OBSERVE,
            API, SPI);

    @ArchTest
    static final ArchRule CPU_NEEDS_NOTHING_BUT_JAVA = only(CPU, API, SPI_MODEL, SPI_BACKEND, MACHINE,
            "jdk.incubator.vector..");

    @ArchTest
    static final ArchRule CPU_THREADS_STAND_ALONE = only(CPU_THREADS, API);

    @ArchTest
    static final ArchRule CPU_ASSEMBLER_STANDS_ALONE = only(CPU_ASSEMBLER);

    @ArchTest
    static final ArchRule PROCESSES_OF_THEIR_OWN_KNOW_THE_CONTRACTS = only("dev.millrace.backend.onnx.isolated..", API,
            SPI_MODEL, SPI_BACKEND, "org.osgi.framework..");

    @ArchTest
    static final ArchRule CPU_KEYS_AND_VALUES_STAND_ALONE = only(CPU_KV, API, SPI_MODEL, SPI_BACKEND);

    @ArchTest
    static final ArchRule CPU_WEIGHTS_ARE_PACKED_BY_THREADS = only(CPU_WEIGHTS, API, SPI_MODEL, MACHINE, CPU_THREADS);

    @ArchTest
    static final ArchRule CPU_KERNELS_READ_WEIGHTS_AND_PAGES = not(CPU_KERNELS, CPU_THREADS, CPU_LAYERS, CPU_ROOT,
            SPI_BACKEND, MACHINE);

    @ArchTest
    static final ArchRule CPU_CONTRACT_OF_KERNELS_KNOWS_NO_KERNELS = noClasses().that()
            .resideInAPackage("dev.millrace.backend.cpu.kernels").should().dependOnClassesThat()
            .resideInAnyPackage(CPU_VECTOR, CPU_SCALAR, CPU_ASSEMBLED);

    @ArchTest
    static final ArchRule CPU_LAYERS_KNOW_THE_CONTRACT_OF_KERNELS = not(CPU_LAYERS, CPU_ROOT, CPU_SCALAR, CPU_VECTOR,
            CPU_ASSEMBLED, CPU_ASSEMBLER);

    @ArchTest
    static final ArchRule CPU_VECTORS_STAY_WITH_THEIR_KERNELS = noClasses().that().resideOutsideOfPackage(CPU_VECTOR)
            .should().dependOnClassesThat().resideInAPackage("jdk.incubator..");

    @ArchTest
    static final ArchRule CONTRACT_TESTS_KNOW_THE_SPI = only(TCK, API, SPI, "org.junit.jupiter.api..",
            "com.sun.management..", "org.osgi.framework..", "org.osgi.service.component.runtime..");

    @ArchTest
    static final ArchRule BACKENDS_KNOW_THE_SPI = not(BACKENDS, TEXT, FORMATS, ENGINE, LAUNCHER, PLUGINS, SAMPLES);

    @ArchTest
    static final ArchRule PLUGINS_KNOW_THE_API = noClasses().that().resideInAPackage(PLUGINS).and()
            .resideOutsideOfPackages(REMOTE, CLIENT).should().dependOnClassesThat()
            .resideInAnyPackage(SPI, TEXT, FORMATS, ENGINE, LAUNCHER, BACKENDS, SAMPLES);

    @ArchTest
    static final ArchRule MODELS_ELSEWHERE_ARE_A_KIND_OF_BACKEND = only(REMOTE, API, SPI_REMOTE, SPI_TEXT, JSON,
            "org.osgi.service.metatype.annotations..", "javax.net.ssl..");

    @ArchTest
    static final ArchRule THE_CLIENT_IS_A_MODEL_ELSEWHERE_WITHOUT_A_NAME = only(CLIENT, API, SPI_REMOTE, REMOTE,
            "org.osgi.service.metatype.annotations..");

    @ArchTest
    static final ArchRule METRICS_ARE_TOLD_OVER_HTTP = only(METRICS, API, HTTP, "com.fasterxml.jackson.databind..",
            "org.osgi.service.metatype.annotations..");

    @ArchTest
    static final ArchRule OPENHAB_NEEDS_NO_SERVER = only("dev.millrace.plugin.openhab..", API, "org.openhab..",
            "org.osgi.service.metatype.annotations..");

    @ArchTest
    static final ArchRule KURA_NEEDS_NO_SERVER = only("dev.millrace.plugin.kura..", API, "org.eclipse.kura..");

    @ArchTest
    static final ArchRule LANGCHAIN4J_IS_KNOWN_TO_ITS_PLUGIN_ALONE = noClasses().that()
            .resideOutsideOfPackage(LANGCHAIN4J).should().dependOnClassesThat().resideInAPackage("dev.langchain4j..");

    @ArchTest
    static final ArchRule LANGCHAIN4J_NEEDS_NO_SERVER = only(LANGCHAIN4J, API, "dev.langchain4j..",
            "com.fasterxml.jackson..");

    @ArchTest
    static final ArchRule SPRING_IS_KNOWN_TO_ITS_PLUGIN_ALONE = noClasses().that().resideOutsideOfPackage(SPRING_AI)
            .should().dependOnClassesThat().resideInAnyPackage("org.springframework..", "reactor..", "tools.jackson..");

    @ArchTest
    static final ArchRule SPRING_AI_NEEDS_NO_SERVER = only(SPRING_AI, API, "org.springframework.ai..",
            "org.springframework.util..", "org.reactivestreams..", "reactor..", "tools.jackson..");

    @ArchTest
    static final ArchRule SAMPLES_ARE_WRITTEN_AS_USERS_WRITE = not(SAMPLES, TEXT, FORMATS, ENGINE, LAUNCHER, BACKENDS,
            PLUGINS);

    @ArchTest
    static final ArchRule NOBODY_IMPORTS_WHAT_CAN_BE_SWAPPED = not(LAUNCHER, BACKENDS, PLUGINS, SAMPLES, GRAMMAR,
            STORE);

    @ArchTest
    static final ArchRule EVERY_CLASS_HAS_A_ROOM = classes().should().resideInAnyPackage(API, SPI, TEXT, FORMATS,
            ENGINE, LAUNCHER, BACKENDS, PLUGINS, SAMPLES, TCK, JSON, MACHINE, GRAMMAR, STORE);

    @ArchTest
    static final ArchRule NO_CIRCLES_BETWEEN_PACKAGES = slices().matching("dev.millrace.(**)").should()
            .beFreeOfCycles();
}
