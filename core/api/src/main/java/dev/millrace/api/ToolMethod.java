/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Parameter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A method with {@link ToolSpec} as a tool. */
final class ToolMethod implements Tool {

    private final Object target;
    private final Method method;
    private final Fields parameters;
    private final ToolDefinition definition;

    private ToolMethod(Object target, Method method, ToolSpec spec) {
        this.target = target;
        this.method = method;
        this.parameters = parameters(method);
        this.definition = definition(method, spec, parameters);
        if (!method.trySetAccessible()) {
            throw new IllegalArgumentException(method + " is not accessible: make it public in a public class, or open"
                    + " its package to the module of Millrace.");
        }
    }

    private static ToolDefinition definition(Method method, ToolSpec spec, Fields parameters) {
        if (spec.timeLimitSeconds() < 0) {
            throw new IllegalArgumentException(
                    "The time limit of " + method + " is 0 seconds or more, not " + spec.timeLimitSeconds() + ".");
        }
        return new ToolDefinition(spec.name().isEmpty() ? method.getName() : spec.name(), spec.value(),
                parameters.schema(), Set.copyOf(List.of(spec.hints())),
                spec.timeLimitSeconds() == 0
                        ? Optional.empty()
                        : Optional.of(Duration.ofSeconds(spec.timeLimitSeconds())),
                ResultSchema.of(method.getReturnType()));
    }

    /** The annotated methods of an object, in the order of their tools' names; empty if it has none. */
    static List<Tool> of(Object target) {
        Map<String, Method> methods = new LinkedHashMap<>();
        collect(target.getClass(), methods);
        List<Tool> tools = new ArrayList<>();
        for (Method method : methods.values()) {
            ToolSpec spec = method.getAnnotation(ToolSpec.class);
            if (spec != null) {
                tools.add(new ToolMethod(target, method, spec));
            }
        }
        tools.sort(Comparator.comparing(tool -> tool.definition().name()));
        return tools;
    }

    /** Subclasses first, so that what is overridden with an annotation of its own speaks for itself. */
    private static void collect(@Nullable Class<?> type, Map<String, Method> methods) {
        if (type == null) {
            return;
        }
        for (Method method : type.getDeclaredMethods()) {
            if (method.isAnnotationPresent(ToolSpec.class) && !method.isBridge()) {
                methods.putIfAbsent(method.getName() + Arrays.toString(method.getParameterTypes()), method);
            }
        }
        collect(type.getSuperclass(), methods);
        for (Class<?> contract : type.getInterfaces()) {
            collect(contract, methods);
        }
    }

    private static Fields parameters(Method method) {
        ShapeReader shapes = new ShapeReader(method.toString(), "a parameter of a tool");
        List<Fields.Field> fields = new ArrayList<>();
        for (Parameter parameter : method.getParameters()) {
            if (parameter.getType() == Progress.class) {
                // given by the runtime, not by the model
                continue;
            }
            Param param = parameter.getAnnotation(Param.class);
            String name = param == null ? "" : param.name();
            if (name.isEmpty()) {
                if (!parameter.isNamePresent()) {
                    throw new IllegalArgumentException("A parameter of " + method + " has no name: compile with"
                            + " javac -parameters, or write @Param(value = ..., name = ...).");
                }
                name = parameter.getName();
            }
            fields.add(Fields.Field.of(name, param, parameter.getParameterizedType(), shapes));
        }
        return new Fields(fields);
    }

    @Override
    public ToolDefinition definition() {
        return definition;
    }

    @Override
    public ToolResult call(ToolCall call) throws Exception {
        return call(call, Progress.NONE);
    }

    @Override
    public ToolResult call(ToolCall call, Progress progress) throws Exception {
        @Nullable
        Object[] arguments;
        try {
            arguments = with(progress, parameters.read("", call.arguments()));
        } catch (ArgumentException e) {
            return e.result();
        }
        Object value;
        try {
            value = method.invoke(target, arguments);
        } catch (InvocationTargetException e) {
            throw PlainData.unwrapped(e);
        }
        if (value instanceof ToolResult result) {
            return result;
        }
        return ToolResult.of(method.getReturnType() == void.class ? Map.of("ok", true) : PlainData.of(value));
    }

    /** The arguments of the method: those of the model, and the listener where the method has one. */
    private @Nullable Object[] with(Progress progress, @Nullable Object[] given) {
        Class<?>[] types = method.getParameterTypes();
        if (types.length == given.length) {
            return given;
        }
        @Nullable
        Object[] all = new Object[types.length];
        int next = 0;
        for (int i = 0; i < all.length; i++) {
            all[i] = types[i] == Progress.class ? progress : given[next++];
        }
        return all;
    }
}
