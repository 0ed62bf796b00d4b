package ${package};

import dev.millrace.spi.backend.Sequence;
import dev.millrace.spi.backend.SequenceState;
import java.util.Objects;

/** The tokens of one conversation: keys and values in each layer, with room for the whole context. */
final class PlainSequence implements Sequence {

    private final PlainExecutor owner;
    private final float[][] keys;
    private final float[][] values;
    private int length;
    private boolean closed;

    PlainSequence(PlainExecutor owner, float[][] keys, float[][] values, int length) {
        this.owner = owner;
        this.keys = keys;
        this.values = values;
        this.length = length;
    }

    PlainExecutor owner() {
        return owner;
    }

    float[] keys(int layer) {
        return keys[layer];
    }

    float[] values(int layer) {
        return values[layer];
    }

    void grow() {
        length++;
    }

    void open() {
        owner.open();
        if (closed) {
            throw new IllegalStateException("This sequence is closed.");
        }
    }

    @Override
    public int length() {
        return length;
    }

    @Override
    public Sequence fork() {
        open();
        return new PlainSequence(owner, copy(keys), copy(values), length);
    }

    private static float[][] copy(float[][] all) {
        float[][] copies = new float[all.length][];
        for (int i = 0; i < all.length; i++) {
            copies[i] = all[i].clone();
        }
        return copies;
    }

    @Override
    public boolean truncate(int kept) {
        open();
        length = Objects.checkIndex(kept, length + 1);
        return true;
    }

    @Override
    public SequenceState export() {
        throw new UnsupportedOperationException("The plain backend exchanges no states.");
    }

    @Override
    public void close() {
        closed = true;
    }
}
