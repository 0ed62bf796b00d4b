/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectMethod;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectNestedMethod;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.platform.engine.DiscoverySelector;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/** A run of contract tests by the JUnit Platform against a plugin with a fault, and what came of each test. */
final class ContractRun {

    private static final String FAULT = "dev.millrace.tck.fault";

    /** Names of tests to why they failed. */
    private final Map<String, String> failed = new TreeMap<>();
    /** Names of tests to why they were not run to their end. */
    private final Map<String, String> aborted = new LinkedHashMap<>();
    private int succeeded;

    private ContractRun() {
    }

    /** Gives the constructors of test classes the fault that is looked for. */
    static final class Planted implements ParameterResolver {

        /** For the JUnit Platform. */
        Planted() {
        }

        @Override
        public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
            return parameter.getParameter().getType().isEnum();
        }

        @Override
        @SuppressWarnings({"unchecked", "rawtypes"}) // checked above
        public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
            return Enum.valueOf((Class) parameter.getParameter().getType(),
                    context.getConfigurationParameter(FAULT).orElseThrow());
        }
    }

    /** Runs all tests of a class. */
    static ContractRun all(Class<?> contract, Enum<?> fault) {
        return of(fault, List.of(selectClass(contract)));
    }

    /** Runs one test, {@code method} or {@code Nested.method}; a thread that the fault leaves is not waited for as long as others. */
    static ContractRun one(Class<?> contract, Enum<?> fault, String test) {
        System.setProperty(ProcessProbe.PATIENCE, "1");
        try {
            return of(fault, List.of(selector(contract, test)));
        } finally {
            System.clearProperty(ProcessProbe.PATIENCE);
        }
    }

    private static DiscoverySelector selector(Class<?> contract, String test) {
        int dot = test.indexOf('.');
        if (dot < 0) {
            return selectMethod(contract, test);
        }
        for (Class<?> type = contract; type != null; type = type.getSuperclass()) {
            for (Class<?> nested : type.getDeclaredClasses()) {
                if (nested.getSimpleName().equals(test.substring(0, dot))) {
                    return selectNestedMethod(List.of(contract), nested, test.substring(dot + 1));
                }
            }
        }
        throw new IllegalArgumentException("There is no test " + test + ".");
    }

    private static ContractRun of(Enum<?> fault, List<DiscoverySelector> selectors) {
        LauncherDiscoveryRequest request = LauncherDiscoveryRequestBuilder.request().selectors(selectors)
                .configurationParameter(FAULT, fault.name())
                .configurationParameter("junit.jupiter.execution.parallel.enabled", "false").build();
        ContractRun run = new ContractRun();
        LauncherFactory.create().execute(request, new TestExecutionListener() {
            @Override
            public void executionFinished(TestIdentifier test, TestExecutionResult result) {
                run.note(test, result);
            }
        });
        return run;
    }

    private void note(TestIdentifier test, TestExecutionResult result) {
        String why = result.getThrowable().map(String::valueOf).orElse("");
        switch (result.getStatus()) {
            case FAILED -> failed.put(test.getDisplayName(), why);
            case ABORTED -> aborted.put(test.getDisplayName(), why);
            case SUCCESSFUL -> succeeded += test.isTest() ? 1 : 0;
        }
    }

    Map<String, String> failed() {
        return failed;
    }

    Map<String, String> aborted() {
        return aborted;
    }

    int succeeded() {
        return succeeded;
    }

    /** What the reports of all failures say. */
    String report() {
        return String.join("\n", new ArrayList<>(failed.values()));
    }

    /** All has passed, so many tests. */
    void assertSound(int tests) {
        assertEquals(Map.of(), failed);
        assertEquals(tests, succeeded, () -> "tests that ran; aborted: " + aborted);
    }

    /** Something has failed, and a report has these words. */
    void assertReports(String words) {
        assertFalse(failed.isEmpty(), () -> "The fault is not noticed; aborted: " + aborted);
        assertTrue(report().contains(words), () -> "The report says: " + report());
    }
}
